// What a cluster has of a tenant. Namespaces are told by their names, which no label can change.
import { KINDS } from "../kubernetes/kinds.ts";
import type { Reader } from "../kubernetes/reader.ts";
import { at, listAt, textAt, textsAt } from "../../tools/values.ts";

export interface FoundNamespace {
  readonly name: string;
  readonly uid: string;
  readonly state: string | undefined;
  readonly retireAfter: string | undefined;
  readonly isEnding: boolean;
  /** When Argo CD last changed it, in milliseconds since 1970; undefined where it never did. */
  readonly changed: number | undefined;
}

export interface FoundClaim {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The volume that it is bound to. */
  readonly volume: string | undefined;
}

export interface FoundApplication {
  readonly uid: string;
  readonly sync: string;
  readonly revision: string;
  readonly message: string;
  readonly finalizers: readonly string[];
  readonly isEnding: boolean;
}

/** The name of a tenant's namespaces, or of those of one organization of it. */
export function isNamespaceOf(name: string, tenant: string, organization: string | null): boolean {
  if (organization !== null) {
    const own = `tenant-${tenant}-org-${organization}`;
    return name === own || name === `${own}-mcp`;
  }
  return name === `tenant-${tenant}` || name.startsWith(`tenant-${tenant}-org-`);
}

/** The root namespace last: what the others rest on goes when nothing does any more. */
export async function findNamespaces(
  reader: Reader,
  tenant: string,
  organization: string | null,
): Promise<FoundNamespace[]> {
  const { items } = await reader.list(KINDS.namespaces, {}, (each) => {
    const name = textAt(each, "metadata", "name") ?? "";
    return isNamespaceOf(name, tenant, organization) ? namespaceOf(name, each) : undefined;
  });
  return items
    .filter((each) => each !== undefined)
    .sort((a, b) => b.name.length - a.name.length || (a.name < b.name ? -1 : 1));
}

function namespaceOf(name: string, object: unknown): FoundNamespace {
  const times = listAt(object, "metadata", "managedFields")
    .filter((entry) => textAt(entry, "manager") === "argocd-controller")
    .map((entry) => Date.parse(textAt(entry, "time") ?? ""))
    .filter((time) => !Number.isNaN(time));
  return {
    name,
    uid: textAt(object, "metadata", "uid") ?? "",
    state: textsAt(object, "metadata", "labels")["neurallog.dev/state"],
    retireAfter: textsAt(object, "metadata", "annotations")["neurallog.dev/retire-after"],
    isEnding: at(object, "metadata", "deletionTimestamp") !== undefined,
    changed: times.length === 0 ? undefined : Math.max(...times),
  };
}

export async function findClaims(
  reader: Reader,
  namespaces: readonly string[],
): Promise<FoundClaim[]> {
  const found: FoundClaim[] = [];
  for (const namespace of namespaces) {
    const { items } = await reader.list(KINDS.volumeClaims, { namespace }, (each) => ({
      namespace,
      name: textAt(each, "metadata", "name") ?? "",
      uid: textAt(each, "metadata", "uid") ?? "",
      volume: textAt(each, "spec", "volumeName"),
    }));
    found.push(...items);
  }
  return found;
}

/** Names of pods, finished ones among them, by namespace. */
export async function findPods(reader: Reader, namespaces: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const namespace of namespaces) {
    const { items } = await reader.list(
      KINDS.pods,
      { namespace },
      (each) => `${namespace}/${textAt(each, "metadata", "name") ?? ""}`,
    );
    found.push(...items);
  }
  return found;
}

export async function findApplication(
  reader: Reader,
  tenant: string,
): Promise<FoundApplication | undefined> {
  const found = await reader.get(KINDS.applications, "argocd", `tenant-${tenant}`);
  if (found === undefined) return undefined;
  const conditions = listAt(found, "status", "conditions").map((one) => textAt(one, "message"));
  return {
    uid: textAt(found, "metadata", "uid") ?? "",
    sync: textAt(found, "status", "sync", "status") ?? "unknown",
    revision: textAt(found, "status", "sync", "revision") ?? "",
    message: conditions.filter((text) => text !== undefined).join("; "),
    finalizers: listAt(found, "metadata", "finalizers").map(String),
    isEnding: at(found, "metadata", "deletionTimestamp") !== undefined,
  };
}
