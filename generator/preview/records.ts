import { join } from "node:path";
import { readBase } from "../plan/base.ts";
import { loadRepository, readFiles } from "../plan/load.ts";
import type { Plan } from "../plan/plan.ts";
import { planRecords } from "../plan/repository.ts";
import type { Problem } from "../record/problem.ts";
import type { Records } from "./effects/capacity.ts";
import { unknownBase } from "./error.ts";
import type { Sides } from "./pairs.ts";

interface Read {
  readonly problems: Problem[];
  readonly before: Records;
  readonly after: Records;
  /** Tenants whose records differ, or their clusters' do. */
  readonly touched: ReadonlySet<string>;
  planOf(id: string): Plan | null;
}

/** The records of both sides. What is the same on both is read once. */
export function readRecords(
  { root, base: ref }: { root: string; base: string },
  { base, head }: Sides,
  commit: string,
): Read {
  const memory = join(root, ".neurallog/cache/records.json");
  const { candidates, clusters, problems } = loadRepository(root, { base: commit, memory });
  const files = readFiles(root, []);
  const old = readBase(root, commit, files);
  if ("problem" in old) throw unknownBase(ref, old.problem.message);
  const before = planRecords(old.files);
  const byId = new Map(candidates.map((candidate) => [candidate.claims.id, candidate]));
  const was = new Map(before.candidates.map(({ claims }) => [`tenants/${claims.id}.yaml`, claims]));
  const same = candidates.flatMap(({ claims }) => {
    const file = `tenants/${claims.id}.yaml`;
    return base.files.has(file) && !old.files.tenants.has(file) ? claims : [];
  });
  const differs = (path: string): boolean => base.files.get(path)?.id !== head.files.get(path)?.id;
  const touched = new Set<string>();
  for (const path of [...base.files.keys(), ...head.files.keys()]) {
    const id = /^tenants\/([^/]+)\.yaml$/.exec(path)?.[1];
    if (id !== undefined && differs(path)) touched.add(id);
  }
  for (const { claims } of candidates) {
    if (differs(`overlays/${claims.cluster}/cluster.yaml`)) touched.add(claims.id);
  }
  return {
    problems,
    before: { claims: [...same, ...was.values()], clusters: before.clusters },
    after: { claims: candidates.map(({ claims }) => claims), clusters },
    touched,
    planOf: (id) => byId.get(id)?.plan() ?? null,
  };
}
