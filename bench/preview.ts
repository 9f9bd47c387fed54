// How long the preview of one changed tenant among many takes, beside building every overlay on both sides.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { generate } from "../generator/write/generate.ts";
import { findTool } from "../tools/manifests/find.ts";
import { runProgram } from "../tools/process.ts";
import { root as project } from "../tools/root.ts";
import { tenantText, writeSources } from "./support/tenants.ts";

const help = `npm run bench -- preview [--tenants 1000] [--rounds 3] [--baseline 20] [--base-change]

Every run is a process of its own, its start included; the best of so many rounds counts. --base-change also
previews a change of the bases, which reaches every tenant: a minute and more.
`;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      tenants: { type: "string", default: "1000" },
      rounds: { type: "string", default: "3" },
      baseline: { type: "string", default: "20" },
      "base-change": { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return console.log(help);
  const [tenants, rounds, few] = [values.tenants, values.rounds, values.baseline].map(Number);
  if (!tenants || !rounds || !few) throw new RangeError(help);
  const folder = mkdtempSync(join(tmpdir(), "neurallog-bench-"));
  try {
    const place = join(folder, "repository");
    writeRepository(place, tenants);
    const environment = {
      ...process.env,
      XDG_CACHE_HOME: join(folder, "cache"),
      // Where the tools are is no question of this benchmark.
      PATH: `${dirname(await findTool("kustomize"))}:${process.env["PATH"]}`,
    };
    const rows: Record<string, Row> = {};
    const none = best(rounds, () => preview(place, environment));
    rows["nothing changed"] = none;
    const cold: Row[] = [];
    const warm: Row[] = [];
    for (let round = 0; round < rounds; round++) {
      writeFileSync(join(place, "tenants/t00007.yaml"), tenantText("t00007", 70_000 + round));
      generate(place);
      cold.push(preview(place, environment));
      warm.push(preview(place, environment));
    }
    rows[`one of ${tenants} changed, built for the first time`] = least(cold);
    rows["the same again"] = least(warm);
    if (values["base-change"] === true) {
      const file = join(place, "bases/next/redis/statefulset.yaml");
      writeFileSync(
        file,
        readFileSync(file, "utf8").replace("periodSeconds: 10", "periodSeconds: 11"),
      );
      rows["a base changed, built for the first time"] = preview(place, environment);
      rows["a base changed, the same again"] = preview(place, environment);
    }
    const seconds = await buildAll(place, few);
    rows[`baseline: build all on both sides (${few} built, × ${(2 * tenants) / few})`] = {
      seconds: (seconds * 2 * tenants) / few,
      built: 2 * tenants,
      differ: "",
    };
    console.table(
      Object.fromEntries(
        Object.entries(rows).map(([name, row]) => [
          name,
          { ...row, seconds: row.seconds.toFixed(2) },
        ]),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Row {
  readonly seconds: number;
  readonly built: number;
  readonly differ: number | "";
}

const least = (rows: readonly Row[]): Row =>
  rows.reduce((a, b) => (a.seconds <= b.seconds ? a : b));
const best = (rounds: number, one: () => Row): Row => least(Array.from({ length: rounds }, one));

const shape = z.object({
  overlays: z.object({ built: z.number() }),
  groups: z.array(z.object({ units: z.array(z.unknown()) })),
});

function preview(place: string, env: NodeJS.ProcessEnv): Row {
  const output = join(place, "../preview.json");
  const command = ["generator/cli/preview.ts", "--root", place, "--base", "base"];
  const outputs = [
    "--format",
    "json",
    "--output",
    output,
    "--format",
    "markdown",
    "--output",
    `${output}.md`,
  ];
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [...command, ...outputs], {
    cwd: project,
    env,
    encoding: "utf8",
  });
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(stderr || readFileSync(`${output}.md`, "utf8"));
  const { overlays, groups } = shape.parse(JSON.parse(readFileSync(output, "utf8")));
  return {
    seconds,
    built: overlays.built,
    differ: groups.reduce((sum, { units }) => sum + units.length, 0),
  };
}

function writeRepository(place: string, count: number): void {
  writeSources(place, count);
  writeFileSync(join(place, ".gitignore"), ".neurallog\n");
  const { problems } = generate(place);
  if (problems[0] !== undefined) throw new Error(problems[0].message);
  const who = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
  for (const args of [
    ["init", "-q"],
    ["add", "."],
    [...who, "commit", "-qm", "base"],
    ["branch", "base"],
  ]) {
    const { status, stderr } = spawnSync("git", args, { cwd: place, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  }
}

/** Seconds to build so many overlays, two at a time. */
async function buildAll(place: string, count: number): Promise<number> {
  const kustomize = await findTool("kustomize");
  const started = performance.now();
  const names = Array.from({ length: count }, (_, i) => `t${String(i).padStart(5, "0")}`);
  const queue = names.values();
  const worker = async (): Promise<void> => {
    for (const name of queue)
      await runProgram(kustomize, ["build", `overlays/bench/tenants/${name}`], { cwd: place });
  };
  await Promise.all([worker(), worker()]);
  return (performance.now() - started) / 1000;
}
