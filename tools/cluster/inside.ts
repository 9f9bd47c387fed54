// The first process of the enclosure: starts the parts, runs the command, stops the parts.
import { cpSync, mkdirSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";

import { runInForeground } from "../foreground.ts";
import { runProgram } from "../process.ts";
import { main, say, ToolError } from "../say.ts";
import { startArgo } from "./argocd.ts";
import { preparePlane, takeOver } from "./brought/plane.ts";
import { startFakeNodes } from "./fake-nodes.ts";
import { parseOptions } from "./options.ts";
import type { Part } from "./part.ts";
import { type Plane, startPlane } from "./plane.ts";
import { findSeed } from "./seed.ts";
import { Stopwatch } from "./stopwatch.ts";
import { LARGE_ARGO, LARGE_FLAGS } from "./tuning.ts";
import { provideVolumes } from "./volumes.ts";

const [folder = "", bin = "", assets = "", ...args] = process.argv.slice(2);

// The first process of a table is sent no signal that it does not ask for. Before the command runs there is nothing to
// leave to.
let isRunning = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => void (isRunning || process.exit(128 + constants.signals[signal])));
}

await main(async () => {
  const { argocd, nodes, large, logs, command, kubeconfig } = parseOptions(args);
  const lo = await runProgram("ip", ["link", "set", "lo", "up"]);
  if (lo.code !== 0) throw new ToolError(`no loopback: ${lo.stderr}`);
  const temp = join(folder, "tmp");
  mkdirSync(temp);
  const parts: Part[] = [];
  let stopVolumes = (): void => undefined;
  let restore = async (): Promise<void> => undefined;
  try {
    const watch = new Stopwatch();
    const plane =
      kubeconfig === undefined
        ? await startOwn(watch)
        : await watch.time("the brought cluster", () => preparePlane({ folder, assets, parts }));
    if (kubeconfig !== undefined) restore = await takeOver(plane.api, say);
    stopVolumes = provideVolumes(plane.api, say);
    await Promise.all([
      nodes > 0 ? watch.time("fake nodes", () => addNodes(plane, nodes)) : undefined,
      argocd ? addArgo(plane, watch) : undefined,
    ]);
    for (const part of parts) part.onDeath(say);
    say(`control plane ready: ${watch}`);
    const [program = "", ...words] = command;
    isRunning = true;
    return await runInForeground(program, words, {
      cwd: process.cwd(),
      env: {
        ...process.env,
        KUBECONFIG: plane.kubeconfigs.admin,
        PATH: [bin, process.env["PATH"]].join(delimiter),
        // What the command leaves goes with the rest, also when it is killed.
        TMPDIR: temp,
        NEURALLOG_CLUSTER_FOLDER: folder,
        NEURALLOG_CLUSTER_BIN: bin,
        NEURALLOG_CLUSTER_ASSETS: assets,
      },
    });
  } finally {
    stopVolumes();
    await restore();
    if (logs !== undefined) cpSync(join(folder, "logs"), logs, { recursive: true });
    await Promise.all(parts.map((part) => part.stop()));
  }

  async function startOwn(watch: Stopwatch): Promise<Plane> {
    const seed = await findSeed({ bin, assets, folder, say });
    const flags = large ? LARGE_FLAGS : {};
    return await startPlane({ bin, folder, watch, seed, flags }, parts);
  }

  async function addNodes(plane: Plane, count: number): Promise<void> {
    const { api, logs: to, kubeconfigs } = plane;
    const own = { bin, assets, folder, logs: to, api, count };
    parts.push(await startFakeNodes({ ...own, kubeconfig: kubeconfigs.kwok }));
  }

  async function addArgo(plane: Plane, watch: Stopwatch): Promise<void> {
    const { api, logs: to, kubeconfigs } = plane;
    const environment = large ? LARGE_ARGO : {};
    await startArgo({ bin, assets, folder, logs: to, api, kubeconfigs, watch, environment }, parts);
  }
});
// The transports' idle connections would keep the enclosure up.
process.exit();
