import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { type Network, networkOf } from "../generator/manifests/network.ts";
import { parseManifests } from "../generator/manifests/parse.ts";
import type { Plan } from "../generator/plan/plan.ts";
import { planRecords } from "../generator/plan/repository.ts";
import { overlayFolder, renderTenant } from "../generator/render/tenant.ts";
import { kustomizeBuild } from "../generator/verify/build/kustomize.ts";
import { proveTenant } from "../generator/verify/reachability/prove.ts";
import { findTool } from "../tools/manifests/find.ts";
import { root as project } from "../tools/root.ts";
import { naiveFlow, type NaivePod } from "./support/naive.ts";
import { syntheticRecords } from "./support/tenants.ts";

const HELP = "npm run bench -- reachability [--tenants 1000] [--naive 10] [--rounds 3]";

/** The proof of many tenants, beside a model that tries every pair of pods on each port. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      tenants: { type: "string", default: "1000" },
      naive: { type: "string", default: "10" },
      rounds: { type: "string", default: "3" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return console.log(HELP);
  const [count, few, rounds] = [values.tenants, values.naive, values.rounds].map(Number);
  if (!count || !few || !rounds) throw new RangeError(HELP);

  const { plans, problems } = planRecords(syntheticRecords(Math.max(count, few)));
  if (problems.length > 0) throw new Error(problems[0]?.message);
  const networks = await networksOf(plans);

  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    const findings = plans
      .slice(0, count)
      .flatMap((plan, i) => proveTenant(plan, networks[i] ?? nothing(plan)));
    times.push(performance.now() - started);
    if (findings.length > 0) throw new Error(findings[0]?.message);
  }
  const best = Math.min(...times);
  const { flows, milliseconds } = tryEveryPair(networks.slice(0, few));
  const square = (count / few) ** 2;
  console.table({
    "proof, tenant by tenant": {
      tenants: count,
      namespaces: count * 3,
      seconds: (best / 1000).toFixed(3),
    },
    [`every pair, ${few} tenants`]: {
      tenants: few,
      namespaces: few * 3,
      seconds: (milliseconds / 1000).toFixed(3),
    },
    [`every pair, for ${count} (× ${square})`]: {
      tenants: count,
      namespaces: count * 3,
      seconds: ((milliseconds * square) / 1000).toFixed(0),
    },
  });
  console.log(`every pair found ${flows} flows, all of them inside a tenant`);
}

function nothing({ id }: Plan): never {
  throw new Error(`nothing is rendered for ${id}`);
}

/** One tenant through kustomize; the others differ from it by their id and by one address, as their records do. */
async function networksOf(plans: readonly Plan[]): Promise<Network[]> {
  const [first] = plans;
  if (first === undefined) return [];
  const folder = mkdtempSync(join(tmpdir(), "neurallog-bench-"));
  try {
    cpSync(join(project, "bases"), join(folder, "bases"), { recursive: true });
    for (const [file, text] of renderTenant(first)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const output = await kustomizeBuild(
      await findTool("kustomize"),
      folder,
      overlayFolder(first.cluster.name, first.id),
    );
    if ("problem" in output) throw new Error(output.problem);
    return plans.map(({ id }, i) =>
      networkOf(
        parseManifests(
          output.text
            .replaceAll(first.id, id)
            .replaceAll("198.51.100.0/32", `198.51.100.${i % 256}/32`),
        ),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function tryEveryPair(networks: readonly Network[]): { flows: number; milliseconds: number } {
  const namespaces = new Map(
    networks.flatMap((network) =>
      network.namespaces.map(({ name, labels }): [string, Record<string, string>] => [
        name,
        { ...labels, "kubernetes.io/metadata.name": name },
      ]),
    ),
  );
  const world = { namespaces, policies: networks.flatMap(({ policies }) => policies) };
  const pods: NaivePod[] = networks.flatMap((network) => [
    ...network.pods,
    // Whatever an organization runs.
    ...network.namespaces.map(({ name }) => ({ namespace: name, labels: {}, ports: [] })),
  ]);
  const tenantOf = ({ namespace }: NaivePod) => namespace.split("-org-", 1)[0];
  let flows = 0;
  const started = performance.now();
  for (const from of pods) {
    for (const to of pods) {
      for (const port of [53, 6379, 8080, 9121, 9464]) {
        if (!naiveFlow(world, from, to, "TCP", port)) continue;
        flows++;
        if (tenantOf(from) !== tenantOf(to)) throw new Error("a path between two tenants");
      }
    }
  }
  return { flows, milliseconds: performance.now() - started };
}
