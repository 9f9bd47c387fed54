// Tenants on a live repository: one for each mistake that somebody makes, and their neighbour.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { promote } from "../../../generator/promote/promote.ts";
import { verify } from "../../../generator/verify/verify.ts";
import { findTools } from "../../../tools/manifests/find.ts";
import { asPlatform, connect, type Ref, textAt } from "../support/api.ts";
import { clearTenants, dropTenants, refresh, stateOf, synced, uidsOf } from "../support/argo.ts";
import { eventually } from "../support/eventually.ts";
import { installPlatform } from "../support/platform.ts";
import { namespacesOf, recordOf } from "../support/records.ts";
import { liveRepository, type LiveRepository } from "../support/repository.ts";

export const NEIGHBOUR = "neighbour";
export const overlayOf = (tenant: string): string => `overlays/home/tenants/${tenant}`;
/** The folder of its root namespace. */
export const rootOf = (tenant: string): string => `${overlayOf(tenant)}/tenant-${tenant}`;

/** For Argo CD to make a handful of tenants at once, in ms, on a machine that does as much for other suites. */
export const OPENING_MS = 240_000;

const api = connect();
const platform = asPlatform(api);

export interface World {
  readonly repository: LiveRepository;
  /** The neighbour among them. */
  readonly tenants: readonly string[];
  /** The commit that both refs were at before any mistake, or after the last cure. */
  good: string;
}

export async function openWorld(...victims: readonly string[]): Promise<World> {
  await clearTenants(api);
  const tenants = [...victims, NEIGHBOUR];
  const records = tenants.map((id) => [id, recordOf(id)]);
  const repository = liveRepository({ tenants: Object.fromEntries(records) });
  // What the generator remembers is no change of the work tree.
  repository.write(".gitignore", ".neurallog/\n");
  repository.generate();
  repository.git("add", "--all");
  const good = repository.push("All of them");
  await installPlatform(api, "home", { repository: repository.url });
  await everyone(tenants, (tenant) => synced(api, tenant, good, OPENING_MS));
  return { repository, tenants, good };
}

/** Tenants side by side: each waits for Argo CD. */
export async function everyone<T>(
  tenants: readonly string[],
  act: (tenant: string) => Promise<T>,
): Promise<T[]> {
  return await Promise.all(tenants.map((tenant) => act(tenant)));
}

export async function closeWorld({ repository }: World): Promise<void> {
  await dropTenants(api);
  repository[Symbol.dispose]();
}

/** Commits what was changed, for main alone: a pull request that was merged. */
export function merge({ repository }: World, message: string): string {
  repository.git("add", "--all");
  repository.git("commit", "--quiet", "--allow-empty", "--message", message);
  repository.git("push", "--quiet", repository.url, "HEAD:refs/heads/main");
  return repository.git("rev-parse", "HEAD");
}

/** Puts main where Argo CD follows, past every check. */
export function pushPast({ repository }: World): void {
  repository.git("push", "--quiet", repository.url, "HEAD:refs/heads/verified");
}

export const followed = ({ repository }: World): string =>
  repository.git("ls-remote", repository.url, "refs/heads/verified").split("\t")[0] ?? "";

/** What `npm run promote` says of main's head: an outcome, or the codes of what is wrong. */
export async function promoteMain({ repository }: World): Promise<string[]> {
  const promoted = await promote({
    root: repository.root,
    remote: repository.url,
    branch: "main",
    ref: "verified",
    verify: async (base) =>
      await verify({
        root: repository.root,
        ...(base === undefined ? {} : { base }),
        cache: join(repository.root, ".neurallog/verified"),
        findTools,
        watch: { ended: () => undefined, building: () => undefined },
      }),
    say: () => undefined,
  });
  if (promoted.outcome === "refused") return [promoted.code];
  if (promoted.outcome !== "unverified") return [promoted.outcome];
  const { problems, findings } = promoted.verified;
  return [...new Set([...problems, ...findings].map(({ code }) => code))].sort();
}

/** The newest commit is undone by one revert, for main alone. */
export function undo({ repository }: World): void {
  repository.git("revert", "--no-edit", "HEAD");
  repository.git("push", "--quiet", repository.url, "HEAD:refs/heads/main");
}

/** The newest commit is undone by one revert, and Argo CD gets it. */
export async function cure(world: World): Promise<void> {
  undo(world);
  await settle(world, "Undone");
}

/** Waits until every tenant is Synced at a new commit of what is in the work copy. */
export async function settle(world: World, message: string): Promise<void> {
  world.good = world.repository.push(message);
  await refresh(api, ...world.tenants);
  for (const tenant of world.tenants) await synced(api, tenant, world.good);
}

/** UIDs of what must outlive everything, of all tenants. */
export async function guarded({ tenants }: World): Promise<Map<string, string>> {
  const all = await uidsOf(
    api,
    tenants.flatMap((tenant) => Object.values(namespacesOf(tenant))),
  );
  return new Map(
    [...all].filter(([title]) => /Namespace |Claim |StatefulSet |Quota |default-deny/.test(title)),
  );
}

const defaultDeny = (tenant: string): Ref => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "default-deny", namespace: namespacesOf(tenant).root },
});

/** Deletes the policy that closes a tenant's root namespace; whether it came back. */
export async function healsDefaultDeny(tenant: string, patienceMs?: number): Promise<boolean> {
  const target = defaultDeny(tenant);
  await platform.delete(target);
  try {
    await eventually(
      `${tenant} has its default-deny back`,
      async () => (await api.get(target)).status === 200,
      patienceMs,
    );
    return true;
  } catch {
    return false;
  }
}

/** What an operator sees of a tenant in Argo CD, once it has looked at a commit and is done with it. */
export async function seen(tenant: string, commit: string): Promise<string> {
  await refresh(api, tenant);
  let asked = Date.now();
  return await eventually(`${tenant} was looked at`, async () => {
    const state = await stateOf(api, tenant);
    if (state === undefined) throw new Error("no Application");
    const isBroken = state.sync === "Unknown" && state.conditions.length > 0;
    if (!isBroken && state.revision !== commit) {
      if (Date.now() - asked > 2_000) {
        asked = Date.now();
        await refresh(api, tenant);
      }
      throw new Error(`at ${state.revision}`);
    }
    const operation = (...path: string[]) =>
      textAt(state.body, "status", "operationState", ...path);
    const isDue = state.sync === "OutOfSync" && state.conditions.length === 0;
    // What a sync of this commit does is what counts, not that it is due.
    if (isDue && operation("syncResult", "revision") !== commit) throw new Error("not synced yet");
    // A sync that waits for its next try is one that failed.
    const isRunning = operation("phase") === "Running";
    if (isRunning && !state.message.includes("Retrying")) throw new Error("syncing");
    return [state.sync, state.message, ...state.conditions].join("; ");
  });
}

/** A half-written file: the first half of its bytes. */
export function truncate({ repository }: World, path: string): void {
  const file = join(repository.root, path);
  const text = repository.git("show", `HEAD:${path}`);
  writeFileSync(file, text.slice(0, text.length / 2));
}

/** @throws Error where the file has nothing like it: the mistake would be none */
export function edit({ repository }: World, file: string, from: string | RegExp, to: string): void {
  const before = readFileSync(join(repository.root, file), "utf8");
  const after = before.replace(from, to);
  if (after === before) throw new Error(`${file} has no ${from}`);
  repository.write(file, after);
}

/** Has a tenant's patches delete an object of its root namespace. */
export function drop(
  { repository }: World,
  tenant: string,
  [apiVersion, kind, name]: readonly [string, string, string],
): void {
  const file = `${rootOf(tenant)}/patches.yaml`;
  const text = readFileSync(join(repository.root, file), "utf8")
    .split(/^---\n/m)
    .filter((one) => !(one.includes(`kind: ${kind}\n`) && one.includes(`name: ${name}\n`)))
    .join("---\n");
  const patch = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}\n$patch: delete\n`;
  repository.write(file, `${text}---\n${patch}`);
}
