import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Manifest } from "../../manifests/manifest.ts";
import { readPrerequisites } from "../../record/read.ts";
import type { ClusterRecord } from "../../record/schema/cluster.ts";
import type { Prerequisites } from "../../record/schema/prerequisites.ts";
import { TENANT_KINDS } from "../build/kinds.ts";
import type { Report } from "../finding.ts";

/** Groups that every API server of the supported versions serves. */
const BUILT_IN: ReadonlySet<string> = new Set([
  "",
  "admissionregistration.k8s.io",
  "apps",
  "autoscaling",
  "batch",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);

/** Reports what the platform or its tenants need and prerequisites.yaml does not ask for, or asks for otherwise than the record. */
export function reportPrerequisites(
  root: string,
  cluster: ClusterRecord,
  objects: readonly Manifest[],
  report: Report,
): void {
  const file = `overlays/${cluster.name}/platform/prerequisites.yaml`;
  const say = (reason: string) => report("platform-prerequisite", { file, reason });
  const asked = read(root, file, say);
  if (asked === undefined) return;
  const needed = new Map<string, Set<string>>();
  for (const { apiVersion, kind } of objects) need(apiVersion.split("/"), kind);
  for (const { group, kind, offered } of TENANT_KINDS) {
    if (offered?.(cluster) ?? true) need([group, undefined], kind);
  }
  function need([group, version]: (string | undefined)[], kind: string): void {
    if (group === undefined || BUILT_IN.has(group) || !group.includes(".")) return;
    const versions = needed.get(`${kind} of ${group}`) ?? new Set();
    if (version !== undefined) versions.add(version);
    needed.set(`${kind} of ${group}`, versions);
  }
  for (const [kind, versions] of needed) {
    const entry = asked.kinds.find((each) => `${each.kind} of ${each.group}` === kind);
    if (entry === undefined) say(`does not ask for ${kind}, which is applied`);
    for (const version of versions) {
      if (entry?.versions.includes(version) === false)
        say(`does not ask for ${version} of ${kind}`);
    }
  }
  const classes = (list: readonly { name: string; reclaimPolicy: string }[]) =>
    list
      .map(({ name, reclaimPolicy }) => `${name} (${reclaimPolicy})`)
      .sort()
      .join(", ");
  if (classes(asked.storageClasses) !== classes(cluster.storageClasses)) {
    say(
      `asks for other storage classes than the cluster's record: ${classes(cluster.storageClasses)}`,
    );
  }
  for (const what of ["kubernetes", "argocd"] as const) {
    if (!isAtMost(asked[what].minimum, cluster[what])) {
      say(`asks for ${what} ${asked[what].minimum}, but the cluster's record has ${cluster[what]}`);
    }
  }
}

function read(
  root: string,
  file: string,
  say: (reason: string) => void,
): Prerequisites | undefined {
  let text: string;
  try {
    text = readFileSync(join(root, file), "utf8");
  } catch {
    say("cannot be read");
    return undefined;
  }
  const { sourced, problems } = readPrerequisites(file, text);
  for (const { message, line } of problems) say(`${message} (line ${line})`);
  return problems.length > 0 ? undefined : sourced?.record;
}

function isAtMost(version: string, other: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split(".").map(Number);
  return major < otherMajor || (major === otherMajor && minor <= otherMinor);
}
