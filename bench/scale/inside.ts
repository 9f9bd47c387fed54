// Beside the control plane: bootstraps the platform, waits for all tenants, changes one, removes one, reports.
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";

import { Api, expectOk } from "../../tools/cluster/api/api.ts";
import { readKubeconfig } from "../../tools/cluster/api/kubeconfig.ts";
import { runProgram } from "../../tools/process.ts";
import { changeOne } from "./change.ts";
import { listApplications, until } from "./applications.ts";
import { type Cost, costs } from "./parts.ts";
import { removeOne } from "./remove.ts";
import { git, platformFor, type ScaleRepository } from "./repository.ts";

const planned = z.object({
  root: z.string(),
  bare: z.string(),
  generateSeconds: z.number(),
  verifySeconds: z.number(),
  objects: z.number(),
  tenants: z.number(),
  rounds: z.number(),
  minutes: z.number(),
});

const SET = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applicationsets/tenants";
const [file = ""] = process.argv.slice(2);
const plan = planned.parse(JSON.parse(readFileSync(file, "utf8")));
const api = new Api(readKubeconfig(process.env["KUBECONFIG"] ?? ""));

await bootstrap(plan);
const commit = git(plan.root, "rev-parse", "HEAD");
const before = costs();
const started = performance.now();
await api.patch(SET, {
  metadata: { annotations: { "argocd.argoproj.io/application-set-refresh": "true" } },
});
await allSynced(commit);
const syncSeconds = (performance.now() - started) / 1000;
const after = costs();
const states = await listApplications(api);
const changes = await changeOne(api, plan, plan.rounds);
const removed = await removeOne(api, plan, "t00003");
writeFileSync(`${file}.report`, report());
api.close();
process.exit();

async function bootstrap(repository: ScaleRepository): Promise<void> {
  for (const name of ["local-retain", "nfs-retain"]) {
    const manifest = {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name },
      provisioner: "neurallog.dev/bench",
      reclaimPolicy: "Retain",
    };
    expectOk(`make the class ${name}`, await api.apply(manifest));
  }
  const command = ["apply", "-k", platformFor(repository)];
  const { code, stderr } = await runProgram("kubectl", command);
  if (code !== 0) throw new Error(stderr);
}

/** Says every half minute how far it is. */
async function allSynced(revision: string): Promise<void> {
  let said = performance.now();
  // Looking at a thousand takes the API server some time, too.
  const everyMs = 500 + 5 * plan.tenants;
  await until("all Synced", plan.minutes, everyMs, async () => {
    const rows = await listApplications(api);
    const done = rows.filter((row) => row.sync === "Synced" && row.revision === revision).length;
    if (performance.now() - said > 30_000) {
      said = performance.now();
      const seconds = ((said - started) / 1000).toFixed(0);
      const other = rows.filter(({ sync }) => sync !== "Synced").map(({ name }) => name);
      console.error(
        `${seconds} s: ${rows.length} Applications, ${done} Synced; not yet: ${other.slice(0, 3).join(" ")}`,
      );
    }
    return done === plan.tenants;
  });
}

function report(): string {
  const healthy = states.filter(({ health }) => health === "Healthy").length;
  const at = states.filter((row) => row.sync === "Synced" && row.revision === commit).length;
  const applied = changes.map(({ appliedSeconds }) => appliedSeconds).toSorted((a, b) => a - b);
  const lines: [string, string][] = [
    ["tenants; objects of theirs", `${plan.tenants}; ${plan.objects}`],
    ["generate, from nothing", `${plan.generateSeconds.toFixed(1)} s`],
    ["verify, from nothing", `${plan.verifySeconds.toFixed(1)} s`],
    ["empty to all Synced", `${(syncSeconds / 60).toFixed(1)} min`],
    ["objects a second", (plan.objects / syncSeconds).toFixed(0)],
    ["Synced at the measured commit; Healthy", `${at}; ${healthy}`],
    [
      `one changed: pushed to applied (${changes.length} rounds), refresh asked`,
      `median ${applied[applied.length >> 1]?.toFixed(1)} s, most ${applied.at(-1)?.toFixed(1)} s`,
    ],
    [
      "of that until Argo CD called it Synced",
      `${changes.map(({ syncedSeconds }) => syncedSeconds.toFixed(1)).join(", ")} s`,
    ],
    ["generating and pushing that change", `${changes[0]?.pushSeconds.toFixed(1)} s`],
    ["one removed: command to everything gone", `${removed.seconds.toFixed(1)} s`],
    ["Applications after it", String(removed.applications)],
  ];
  const parts = [...after].map(([name, cost]) => partRow(name, cost, before.get(name)));
  return [
    "",
    ...lines.map(([what, figure]) => `${what.padEnd(72)} ${figure}`),
    "",
    `${"part".padEnd(36)}${"MB".padStart(8)}${"most MB".padStart(10)}${"CPU s".padStart(8)}`,
    ...parts,
    "",
  ].join("\n");
}

function partRow(name: string, cost: Cost, earlier: Cost | undefined): string {
  const cpu = cost.cpuSeconds - (earlier?.cpuSeconds ?? 0);
  const figures = [cost.megabytes.toFixed(0).padStart(8), cost.peak.toFixed(0).padStart(10)];
  return `${name.padEnd(36)}${figures.join("")}${cpu.toFixed(0).padStart(8)}`;
}
