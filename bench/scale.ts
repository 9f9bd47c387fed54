// How one Argo CD keeps many tenants: a control plane with fake nodes, real overlays, and everything timed.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { findBinaries } from "../tools/cluster/binaries.ts";
import { whyNoEnclosure } from "../tools/cluster/enclosure.ts";
import { runEnclosed } from "../tools/cluster/run-enclosed.ts";
import { findRedis } from "../tools/redis/find.ts";
import { root as project } from "../tools/root.ts";
import { ToolError } from "../tools/say.ts";
import { scaleRepository, verifyAll } from "./scale/repository.ts";

const help = `npm run bench -- scale [--tenants 1000] [--rounds 5] [--minutes 60]

Generates so many tenants of three namespaces, pushes them, lets Argo CD sync them onto fake nodes, changes one in each
round, and retires and removes one. The baseline of each figure is the same with a tenth of the tenants: --tenants 100.
Needs Linux, root and Go, some 16 GB of memory, and half an hour.
`;

/** @throws ToolError where no control plane can be started */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      tenants: { type: "string", default: "1000" },
      rounds: { type: "string", default: "5" },
      minutes: { type: "string", default: "60" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return console.log(help);
  const [tenants, rounds, minutes] = [values.tenants, values.rounds, values.minutes].map(Number);
  if (!tenants || !rounds || !minutes) throw new RangeError(help);
  const why = await whyNoEnclosure();
  if (why !== undefined) throw new ToolError(`no control plane can be started: ${why}`);
  const binaries = await findBinaries();
  await findRedis();
  const folder = mkdtempSync(join(tmpdir(), "neurallog-bench-"));
  try {
    const repository = scaleRepository(folder, tenants);
    const { objects, seconds } = await verifyAll(repository.root, join(folder, "cache"));
    const plan = join(folder, "plan.json");
    const verified = { objects, verifySeconds: seconds };
    writeFileSync(plan, JSON.stringify({ ...repository, ...verified, tenants, rounds, minutes }));
    const inside = join(project, "bench/scale/inside.ts");
    const command = ["--large", process.execPath, inside, plan];
    const code = await runEnclosed(binaries, command, { cwd: project });
    if (code !== 0) process.exitCode = code;
    else console.log(readFileSync(`${plan}.report`, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
