import { hash } from "node:crypto";
import { reporter, readCluster, type Sourced } from "../record/read.ts";
import { problem, sortProblems, START, type Problem } from "../record/problem.ts";
import {
  indexReceipts,
  receiptFile,
  readReceipt,
  type Receipt,
  type Receipts,
} from "../record/receipt.ts";
import type { ClusterRecord } from "../record/schema/cluster.ts";
import { checkCapacity, checkHosts, checkNamespaces, checkRedis } from "./across.ts";
import {
  readCandidate,
  recalledCandidate,
  type Candidate,
  type Memory,
  type Surroundings,
} from "./candidate.ts";
import { planCluster } from "./cluster.ts";
import type { ClusterContext } from "./context.ts";
import type { Plan } from "./plan.ts";
import type { Source } from "../record/source.ts";

/** The files that plans are made from. Paths are relative to the repository's root, with `/`. */
export type RecordFiles = {
  /** `tenants/<id>.yaml` */
  tenants: ReadonlyMap<string, Uint8Array | string>;
  /** `overlays/<name>/cluster.yaml` */
  clusters: ReadonlyMap<string, Uint8Array | string>;
  /** Folders under bases/ that are releases. */
  releases: readonly string[];
  /** `tenants/offboarded/<id>.json`; none when left out. */
  receipts?: ReadonlyMap<string, Uint8Array | string>;
};

export type Planned = {
  /** In order of their files; made when they are first asked for. Complete only where `problems` is empty. */
  readonly plans: Plan[];
  clusters: ClusterContext[];
  /** By folder: where a problem of a cluster's record is shown. */
  clusterSources: ReadonlyMap<string, Source>;
  receipts: Receipts;
  candidates: Candidate[];
  /** Every finding in every file, in order. */
  problems: Problem[];
};

/**
 * Reads, checks and resolves all records together. The same files give the same plans, with a
 * memory of earlier ones or without.
 */
export function planRecords(files: RecordFiles, memory?: Memory): Planned {
  const problems: Problem[] = [];
  const clusters = planClusters(files, problems);
  const around: Surroundings = {
    clusters: new Map([...clusters].map(([name, { context }]) => [name, context])),
    hasCluster: (name) => files.clusters.has(`overlays/${name}/cluster.yaml`),
    hasTenant: (id) => files.tenants.has(`tenants/${id}.yaml`),
  };
  const candidates = readCandidates(files, around, problems, memory);
  checkHosts(candidates);
  checkNamespaces(candidates);
  checkRedis(candidates);
  for (const [name, { sourced }] of clusters) {
    const own = candidates.map(({ claims }) => claims).filter(({ cluster }) => cluster === name);
    checkCapacity(sourced.record, own, reporter(sourced.source, problems));
  }
  const receipts = readReceipts(files, problems);
  checkOffboarded(candidates, receipts);
  let plans: Plan[] | undefined;
  return {
    get plans() {
      return (plans ??= candidates.flatMap((candidate) => candidate.plan() ?? []));
    },
    clusters: [...around.clusters.values()],
    clusterSources: new Map([...clusters].map(([name, { sourced }]) => [name, sourced.source])),
    receipts,
    candidates,
    problems: sortProblems(problems),
  };
}

function readReceipts(files: RecordFiles, problems: Problem[]): Receipts {
  const found: Receipt[] = [];
  for (const [file, content] of files.receipts ?? []) {
    const receipt = readReceipt(file, content);
    if (typeof receipt !== "string") found.push(receipt);
    else {
      const place = { file, text: "", position: START };
      problems.push(problem("receipt-unreadable", { reason: receipt }, place));
    }
  }
  return indexReceipts(found);
}

/** Reports ids of tenants that left: whoever had links, keys or volumes of the old one would meet the new one. */
function checkOffboarded(candidates: readonly Candidate[], receipts: Receipts): void {
  for (const { claims, report } of candidates) {
    const receipt = receipts.tenant(claims.id);
    if (receipt === undefined) continue;
    const values = {
      id: claims.id,
      day: receipt.offboarded.slice(0, 10),
      receipt: receiptFile(claims.id, null),
    };
    const hint = `delete tenants/${claims.id}.yaml if it is the old tenant's; a new one takes another id, such as '${claims.id}-2'`;
    report("offboarded-id", values, ["id"], "value", hint);
  }
}

function readCandidates(
  files: RecordFiles,
  around: Surroundings,
  problems: Problem[],
  memory: Memory | undefined,
): Candidate[] {
  const context =
    memory === undefined ? "" : hashOf([...files.releases, ...[...files.clusters].flat()]);
  return [...files.tenants].flatMap(([file, content]) => {
    if (memory === undefined) return readCandidate(file, content, around, problems) ?? [];
    const fingerprint = hashOf([context, file, content]);
    const claims = memory.recall(fingerprint);
    if (claims !== undefined) {
      return recalledCandidate(file, content, around, problems, fingerprint, claims);
    }
    const before = problems.length;
    const candidate = readCandidate(file, content, around, problems);
    if (candidate === null) return [];
    if (problems.length === before) memory.remember(fingerprint, candidate.claims);
    return { ...candidate, fingerprint };
  });
}

/** Each part is hashed on its own, so that what ends one cannot begin the next. */
const hashOf = (parts: readonly (string | Uint8Array)[]): string =>
  hash("sha256", parts.map((part) => hash("sha256", part)).join());

type PlannedCluster = { context: ClusterContext; sourced: Sourced<ClusterRecord> };

function planClusters(files: RecordFiles, problems: Problem[]): Map<string, PlannedCluster> {
  const clusters = new Map<string, PlannedCluster>();
  for (const [file, content] of files.clusters) {
    const { sourced, problems: found } = readCluster(file, content);
    problems.push(...found);
    if (sourced === null) continue;
    const { record, source } = sourced;
    const report = reporter(source, problems);
    const folder = file.split("/").at(-2) ?? "";
    if (record.name !== folder) {
      const values = { field: "name", id: record.name, name: folder };
      report("file-name", values, ["name"], "value", `did you mean '${folder}'?`);
    }
    // By folder: that is what `cluster:` in a tenant's record names.
    clusters.set(folder, { context: planCluster(record, files.releases, report), sourced });
  }
  return clusters;
}
