import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plan } from "../../../generator/plan/plan.ts";
import { planRecords, type Planned } from "../../../generator/plan/repository.ts";

/** The repository's root. */
export const root = fileURLToPath(new URL("../../..", import.meta.url));

const clusterFile = (name: string): string => `overlays/${name}/cluster.yaml`;
const clusters = new Map(
  ["home", "cloud"].map((name) => [
    clusterFile(name),
    readFileSync(`${root}/${clusterFile(name)}`, "utf8"),
  ]),
);

/** A record that leaves out all that it can, and what `more` adds to it. */
export function recordText(id: string, more = "", cluster = "home"): string {
  return `id: ${id}\ndisplayName: ${id}\nowner: { contact: x@example.com, group: ${id}-owners }\ncluster: ${cluster}\n${more}`;
}

/** Plans records by id on the repository's two clusters. */
export function planAll(records: Record<string, string>): Planned {
  const tenants = new Map(
    Object.entries(records).map(([id, text]) => [`tenants/${id}.yaml`, text]),
  );
  return planRecords({ tenants, clusters, releases: ["next"] });
}

/** The plan of one record without faults. Throws when it has any. */
export function planOf(more: string, cluster = "home"): Plan {
  const { plans, problems } = planAll({ shop: recordText("shop", more, cluster) });
  const [plan] = plans;
  if (plan === undefined || problems.length > 0) throw new Error(JSON.stringify(problems, null, 2));
  return plan;
}

/** The codes of a record's faults. */
export function codesOf(more: string, cluster = "home"): string[] {
  return planAll({ shop: recordText("shop", more, cluster) }).problems.map(({ code }) => code);
}
