// In the enclosure: starts a control plane and a node, runs the command beside them, stops them.
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { runInForeground } from "../../foreground.ts";
import { root } from "../../root.ts";
import { main, say } from "../../say.ts";
import { makeNetwork } from "./network.ts";
import type { Part } from "../part.ts";
import { startPlane } from "../plane.ts";
import { findSeed } from "../seed.ts";
import { Stopwatch } from "../stopwatch.ts";
import { CONTROL, offer } from "./control.ts";
import { canOverlay, coverFolders } from "./mounts.ts";
import { NodeOfTests } from "./node.ts";
import type { Enclosed } from "./run.ts";

const told: Enclosed = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));

await main(async () => {
  const { folder, bin, assets, runtime, images, cgroup, command } = told;
  const paths = [bin, ...runtime.path, process.env["PATH"], "/usr/sbin", "/sbin"];
  process.env["PATH"] = paths.join(delimiter);
  if (runtime.libraries !== undefined) process.env["LD_LIBRARY_PATH"] = runtime.libraries;
  await coverFolders();
  await makeNetwork();
  const parts: Part[] = [];
  let node: NodeOfTests | undefined;
  // Where Part keeps them.
  const logs = join(folder, "logs");
  try {
    const watch = new Stopwatch();
    mkdirSync(logs, { recursive: true });
    const overlay = await canOverlay(folder);
    const world = { folder, logs, bin, runtime, overlay, cgroup, engine: told.engine };
    const started = new NodeOfTests(world);
    node = started;
    const seed = await findSeed({ bin, assets, folder, say });
    // Side by side: images take as long as the API server.
    const [plane] = await Promise.all([
      startPlane({ bin, folder, watch, seed }, parts),
      started.startRuntime(images, watch),
    ]);
    const kubeconfig = plane.kubeconfigs.admin;
    await started.join(plane.api, kubeconfig, watch);
    await watch.time("DNS", () => started.startDns(images.coredns));
    say(`a node is ready: ${watch}`);
    const socket = join(folder, "control.sock");
    await offer(socket, { restart: () => started.restart() });
    const [program = "", ...words] = command;
    return await runInForeground(program, words, {
      cwd: root,
      env: {
        ...process.env,
        KUBECONFIG: kubeconfig,
        [CONTROL]: socket,
        NEURALLOG_NODE: process.argv[2] ?? "",
        ...(told.engine === undefined ? {} : { NEURALLOG_POLICY_ENGINE: told.engine.program }),
        TMPDIR: join(folder, "tmp"),
      },
    });
  } finally {
    await node?.stop();
    await Promise.all(parts.map((part) => part.stop()));
    if (told.logs !== undefined && existsSync(logs)) {
      mkdirSync(told.logs, { recursive: true });
      cpSync(logs, told.logs, { recursive: true });
      cpSync(join(folder, "pod-logs"), join(told.logs, "pods"), { recursive: true });
    }
  }
});
// Idle connections would keep the enclosure up.
process.exit();
