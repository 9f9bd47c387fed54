// All that has to be true before anything of a tenant is removed. Every check is made and said, so that whoever retires
// a tenant sees at once what is left to do; one that fails is enough, and nothing is touched.
import type { ExportManifest } from "../../apps/client/src/index.ts";
import { CLOSING_SECONDS } from "../limits.ts";
import { isNamespaceOf, type FoundApplication, type FoundNamespace } from "./cluster.ts";
import type { Followed } from "./git.ts";

export interface Check {
  readonly ok: boolean;
  readonly says: string;
}

export interface Facts {
  readonly tenant: string;
  /** A day like 2027-01-31. */
  readonly today: string;
  readonly followed: Followed;
  /** A run that was killed has begun to remove it: these namespaces, by name and uid, and the Application were checked. */
  readonly begun: ReadonlyMap<string, string> | undefined;
  readonly application: FoundApplication | undefined;
  readonly namespaces: readonly FoundNamespace[];
  /** What was typed behind --approve. */
  readonly approved: string | undefined;
}

const yes = (says: string): Check => ({ ok: true, says });
const no = (says: string): Check => ({ ok: false, says });

/** Checks for a whole tenant. `exported` is the manifest, or why there is none. */
export function checkTenant(
  facts: Facts,
  exported: ExportManifest | string | undefined,
  held: Held | undefined,
): Check[] {
  const root = facts.namespaces.find(({ name }) => name === `tenant-${facts.tenant}`);
  return [
    ...checkRecord(facts),
    ...checkSynced(facts),
    ...checkNamespaces(facts, "retiring"),
    ...checkRoot(facts, root),
    ...checkExport(facts, exported, root),
    ...checkHeld(exported, held),
    checkApproval(facts.approved, facts.tenant),
  ];
}

/** Checks for one organization: logs are the tenant's, so there is no export, and no date. */
export function checkOrganization(facts: Facts, organization: string): Check[] {
  const { record, commit } = facts.followed;
  const found = record?.organizations?.find(({ id }) => id === organization);
  const at = `at ${commit.slice(0, 12)}, which Argo CD follows,`;
  const inGit =
    record === undefined
      ? no(`${at} there is no tenants/${facts.tenant}.yaml`)
      : found === undefined
        ? no(
            `${at} the record has no organization ${organization}: use --leftovers for what is left of it`,
          )
        : found.state !== "retiring" && record.state !== "retiring"
          ? no(`${at} the organization is ${found.state ?? "active"}, not retiring`)
          : yes(`${at} the organization is retiring`);
  return [
    inGit,
    ...checkSynced(facts),
    ...checkNamespaces(facts, "retiring"),
    checkApproval(facts.approved, organization),
  ];
}

function checkRecord({ tenant, followed: { record, commit }, today }: Facts): Check[] {
  const at = `at ${commit.slice(0, 12)}, which Argo CD follows,`;
  if (record === undefined) return [no(`${at} there is no tenants/${tenant}.yaml`)];
  if (record.state !== "retiring")
    return [no(`${at} the record says state: ${record.state ?? "active"}, not retiring`)];
  const day = record.retireAfter ?? "";
  return [
    yes(`${at} the record says state: retiring`),
    day !== "" && day <= today
      ? yes(`its day, ${day}, has come`)
      : no(`its day, ${day || "which it lacks"}, has not come: today is ${today}`),
  ];
}

function checkSynced({ application, followed, tenant, begun }: Facts): Check[] {
  const name = `Application tenant-${tenant}`;
  if (application === undefined) {
    // Removed by the run before.
    if (begun !== undefined) return [yes(`${name} is gone already`)];
    return [no(`there is no ${name}: does Argo CD run, and is this the tenant's cluster?`)];
  }
  if (begun !== undefined) return [yes(`${name} was Synced when this began`)];
  const { sync, revision, message } = application;
  if (sync !== "Synced")
    return [no(`${name} is ${sync}${message === "" ? "" : `: ${message}`}; it has to be Synced`)];
  if (revision !== followed.commit)
    return [
      no(
        `${name} is Synced at ${revision.slice(0, 12)}, not yet at ${followed.commit.slice(0, 12)}`,
      ),
    ];
  return [yes(`${name} is Synced at that commit`)];
}

function checkNamespaces({ namespaces, begun, tenant }: Facts, state: string): Check[] {
  const checks: Check[] = [];
  if (namespaces.length === 0 && begun === undefined)
    checks.push(no("there is none of its namespaces on this cluster: is it the right one?"));
  for (const { name, uid, state: found } of namespaces) {
    const known = begun?.get(name);
    if (begun !== undefined && known !== uid)
      checks.push(
        no(`namespace ${name} was made anew since this began: it is not what was checked`),
      );
    else if (!isNamespaceOf(name, tenant, null)) checks.push(no(`namespace ${name} is another's`));
    else if (found !== state)
      checks.push(
        no(`namespace ${name} is ${found ?? "without a state"} on the cluster, not ${state}`),
      );
    else checks.push(yes(`namespace ${name} is ${state} on the cluster`));
  }
  return checks;
}

function checkRoot({ begun, followed, tenant }: Facts, root: FoundNamespace | undefined): Check[] {
  if (root === undefined)
    return begun === undefined ? [no(`there is no namespace tenant-${tenant}`)] : [];
  const wanted = followed.record?.retireAfter;
  return root.retireAfter === wanted
    ? [yes(`the cluster has the same day, ${root.retireAfter ?? "none"}`)]
    : [no(`the cluster has the day ${root.retireAfter ?? "none"}, and Git ${wanted ?? "none"}`)];
}

function checkExport(
  { tenant, begun }: Facts,
  exported: ExportManifest | string | undefined,
  root: FoundNamespace | undefined,
): Check[] {
  if (exported === undefined) return [no("no --export <file> was given")];
  if (typeof exported === "string") return [no(`the export is not good: ${exported}`)];
  const checks = [
    yes(`the export holds ${exported.records} records and is what its manifest says`),
    exported.tenant === tenant
      ? yes(`it is of ${tenant}`)
      : no(`it is of another tenant, ${exported.tenant}`),
  ];
  // Whoever was let in could still write until then; the first run checked it.
  if (begun !== undefined) return checks;
  if (root?.changed === undefined)
    return [
      ...checks,
      no("Argo CD never wrote the root namespace: nobody knows when it was closed"),
    ];
  const closed = new Date(root.changed + CLOSING_SECONDS * 1000);
  checks.push(
    Date.parse(exported.taken) >= closed.getTime()
      ? yes(`it was begun at ${exported.taken}, after the tenant was closed`)
      : no(
          `it was begun at ${exported.taken}, and records may have come until ${closed.toISOString()}, when the tenant was closed: make it again`,
        ),
  );
  return checks;
}

/** What the log service says that it holds now. */
export interface Held {
  readonly tenant: string;
  readonly everything: boolean;
  readonly namespaces: readonly { readonly name: string; readonly records: number }[];
}

/** Undefined where nobody asked: the day of closing stands for it. */
function checkHeld(exported: ExportManifest | string | undefined, held: Held | undefined): Check[] {
  if (held === undefined || exported === undefined || typeof exported === "string") return [];
  if (held.tenant !== exported.tenant)
    return [no(`the log service that was asked is that of ${held.tenant}`)];
  if (!held.everything) return [no("the key for the log service does not reach everything")];
  const written = new Map(exported.namespaces.map(({ name, records }) => [name, records]));
  // What retention dropped since is in the file all the same.
  const more = held.namespaces.find(({ name, records }) => records > (written.get(name) ?? 0));
  return [
    more === undefined
      ? yes("the log service holds no record now that the export lacks")
      : no(
          `the log service holds ${more.records} records of ${more.name}, the export ${written.get(more.name) ?? 0}: make it again`,
        ),
  ];
}

function checkApproval(approved: string | undefined, wanted: string): Check {
  if (approved === wanted) return yes(`the removal of ${wanted} was approved`);
  return approved === undefined
    ? no(`nobody approved: say --approve ${wanted}`)
    : no(`--approve says ${approved}, and what would be removed is ${wanted}`);
}
