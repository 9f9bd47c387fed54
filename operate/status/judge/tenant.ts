import type { Application } from "../objects/application.ts";
import { keyOf, type Identity } from "../objects/identity.ts";
import type { Pod } from "../objects/pod.ts";
import { bounded, found, isoOf, sorted } from "../problems.ts";
import type { Memory, Problem, TenantStatus } from "../shape.ts";
import { MEMORY_NOTICE_PERCENT } from "../../limits.ts";
import { judgeApplication, type Judged } from "./application.ts";
import { judgeNamespaces, judgeQuotas, judgeVolumes } from "./holdings.ts";
import { judgeConditioned, judgePods, judgeWorkloads } from "./pods.ts";
import type { Belongings } from "../sorted.ts";
import type { InGit } from "../repository.ts";

export type Around = {
  now: number;
  inGit: InGit;
  /** Whether Applications could be read at all. */
  knowsApplications: boolean;
  knowsNamespaces: boolean;
  /** Off-boarded ids. */
  receipts: ReadonlySet<string>;
  /** When each Application went out of sync, by its name. */
  outOfSync: ReadonlyMap<string, number>;
  memory: Memory;
  /** Warnings of events, of one tenant alone. */
  warnings: readonly Problem[];
};

/** One tenant, from everything that is its own. Whatever the objects hold, nothing throws. */
export function judgeTenant(id: string, own: Belongings, around: Around): TenantStatus {
  const { now, inGit } = around;
  const { application } = own;
  const root = own.namespaces.find(({ name }) => name === `tenant-${id}`);
  const argo: Judged | undefined =
    application === undefined ? undefined : judgeApplication(application, now);
  const spaces = judgeNamespaces(own.namespaces);
  const workloads = judgeWorkloads(own.workloads);
  const volumes = judgeVolumes(own.claims, own.volumes, now);
  const git = {
    record: inGit.records?.has(id) ?? null,
    overlay: inGit.overlays?.has(id) ?? null,
  };
  const causes = [
    ...presence(id, own, git, around),
    ...(argo?.problems ?? []),
    ...spaces.problems,
    ...workloads.problems,
    ...judgePods(own.pods, now),
    ...judgeConditioned(own.conditioned),
    ...volumes.problems,
    ...judgeQuotas(own.quotas),
    ...judgeMemory(around.memory),
    ...retirement(id, root?.state, root?.retireAfter, now),
    ...around.warnings,
  ];
  const isExplained = causes.some(({ severity }) => severity === "wrong");
  const consequences = [...rootless(id, own, around), ...(argo?.consequences ?? [])];
  const problems = sorted([...causes, ...(isExplained ? [] : consequences.slice(0, 1))]);
  const changing = [argo?.changing, workloads.changing, volumes.changing].includes(true);
  const known = around.knowsApplications && around.knowsNamespaces;
  return {
    id,
    displayName: root?.displayName === undefined ? null : bounded(root.displayName),
    verdict: verdictOf(problems, changing, known),
    state: stateOf(root?.state, around.receipts.has(id)),
    retireAfter: root?.retireAfter ?? null,
    tier: root?.tier ?? null,
    channel: root?.channel ?? null,
    git,
    application: application === undefined ? null : applicationView(application, around),
    drift: argo?.drift ?? [],
    confirmations: [...(argo?.confirmations ?? []), ...spaces.confirmations],
    ...holdings(own),
    redisMemory: around.memory,
    problems,
  };
}

export function verdictOf(
  problems: readonly Problem[],
  changing: boolean,
  known: boolean,
): TenantStatus["verdict"] {
  if (problems.some(({ severity }) => severity === "wrong")) return "wrong";
  if (!known) return "unknown";
  return changing ? "changing" : "well";
}

function stateOf(label: string | undefined, offboarded: boolean): TenantStatus["state"] {
  if (offboarded) return "offboarded";
  return label === "active" || label === "suspended" || label === "retiring" ? label : "unknown";
}

/** Is the tenant in Git, in Argo CD and in the cluster alike? */
function presence(
  id: string,
  own: Belongings,
  git: TenantStatus["git"],
  { receipts, knowsApplications }: Around,
): Problem[] {
  const subject = `tenant ${id}`;
  const wrong = (code: string, means: string, todo: string) => [
    found("wrong", subject, { code, means, todo }),
  ];
  const { application } = own;
  const isThere = application !== undefined || own.namespaces.length > 0;
  if (receipts.has(id)) {
    if (isThere) {
      return wrong(
        "offboarding-unfinished",
        "the tenant was off-boarded, but parts of it are still there",
        "run npm run offboard again: it goes on where it stopped",
      );
    }
    const means = "the tenant was off-boarded; its record is still in Git";
    const todo = "merge the pull request that deletes the record and adds the receipt";
    return [found("notice", subject, { code: "record-left", means, todo })];
  }
  if (application === undefined && knowsApplications) {
    if (git.overlay === true) {
      return wrong(
        "no-application",
        "the tenant is in Git, but Argo CD has no Application for it: it is not deployed, changed or healed",
        "see the ApplicationSet below; within three minutes of a commit it may just not have looked yet",
      );
    }
    return wrong(
      "no-application",
      "namespaces of this tenant are there without an Application: nothing heals or changes them",
      "bring the record back, or off-board the tenant",
    );
  }
  if (application !== undefined && (git.overlay === false || git.record === false)) {
    return wrong(
      "no-record",
      `the Application is there, but the commit that Argo CD follows has no ${git.record === false ? "record" : "overlay"} for it: all stays, and nothing is healed`,
      "revert the commit that removed it, or off-board the tenant with npm run offboard",
    );
  }
  return [];
}

/** An Application without the namespace that it is for, and without an error that says why. */
function rootless(
  id: string,
  { application, namespaces }: Belongings,
  { knowsNamespaces }: Around,
): Problem[] {
  const isThere = namespaces.some(({ name }) => name === `tenant-${id}`);
  if (application === undefined || isThere || !knowsNamespaces) return [];
  return [
    found("wrong", `Namespace tenant-${id}`, {
      code: "no-namespace",
      means: "the tenant's root namespace is not there",
      todo: "Argo CD makes it again, empty; what its volumes held is on those that were retained",
    }),
  ];
}

function retirement(
  id: string,
  state: string | undefined,
  day: string | undefined,
  now: number,
): Problem[] {
  if (state !== "retiring" || day === undefined || !(Date.parse(day) < now)) return [];
  const words = {
    code: "retire-date-passed",
    means: "the tenant's date has passed: it may be off-boarded",
    todo: "npm run offboard checks date, export and approval, and removes it",
  };
  return [found("notice", `tenant ${id}`, words, `retires after ${day}`)];
}

function judgeMemory(memory: Memory): Problem[] {
  if ("unreadable" in memory || memory.maxBytes === null || memory.maxBytes === 0) return [];
  const percent = Math.round((memory.usedBytes / memory.maxBytes) * 100);
  if (percent < MEMORY_NOTICE_PERCENT) return [];
  const words = {
    code: "redis-nearly-full",
    means: "Redis is almost full, beyond what retention should leave",
    todo: "see docs/operate.md: lower the retention, or raise redis.memory in the record",
  };
  return [found("notice", "Redis", words, `${percent} % of maxmemory`)];
}

function applicationView(
  application: Application,
  { inGit, outOfSync }: Around,
): NonNullable<TenantStatus["application"]> {
  const { operation } = application;
  return {
    name: application.name,
    sync: application.sync,
    health: application.health.status,
    healthSince: isoOf(application.health.since),
    revision: application.revision === "" ? null : application.revision,
    behind: inGit.behind(application.revision),
    outOfSyncSince:
      application.sync === "OutOfSync" ? isoOf(outOfSync.get(application.name)) : null,
    reconciled: isoOf(application.reconciled),
    operation:
      operation === undefined
        ? null
        : {
            phase: operation.phase,
            message: bounded(operation.message),
            started: isoOf(operation.started),
            finished: isoOf(operation.finished),
            retries: operation.retries,
          },
  };
}

const byName = (a: Identity, b: Identity): number => (keyOf(a) < keyOf(b) ? -1 : 1);

function holdings(own: Belongings) {
  const reclaims = new Map(own.volumes.map(({ claim, reclaim }) => [claim, reclaim]));
  return {
    namespaces: own.namespaces.toSorted(byName).map(({ name, role, state, phase }) => ({
      name,
      role,
      state: state ?? null,
      phase,
      quota: own.quotas
        .filter(({ namespace }) => namespace === name)
        .flatMap(({ uses }) => uses)
        .map((use) => ({ ...use, percent: use.percent ?? null })),
    })),
    workloads: own.workloads.toSorted(byName).map((each) => ({
      object: `${each.kind} ${keyOf(each)}`,
      ready: each.ready,
      wanted: each.wanted,
      updated: each.updated,
    })),
    pods: own.pods.toSorted(byName).map(podView),
    volumes: own.claims.toSorted(byName).map((claim) => ({
      claim: keyOf(claim),
      phase: claim.phase,
      size: claim.size,
      requested: claim.requested,
      storageClass: claim.storageClass,
      volume: claim.volume,
      reclaim: reclaims.get(keyOf(claim)) ?? null,
    })),
  };
}

const podView = (pod: Pod): TenantStatus["pods"][number] => ({
  object: keyOf(pod),
  phase: pod.phase,
  ready: pod.ready,
  restarts: pod.restarts,
  waiting: pod.waiting.map((each) => ({ ...each, message: bounded(each.message) })),
  last: pod.last.map(({ container, reason, exitCode, at }) => ({
    container,
    reason,
    exitCode: exitCode ?? null,
    at: isoOf(at),
  })),
});
