// How long records take to become overlays: from nothing, and after one change, beside a generator that does the same
// with the yaml library and writes everything each time.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { loadAll } from "js-yaml";
import { stringify } from "yaml";
import { loadRepository } from "../generator/plan/load.ts";
import { renderTenant } from "../generator/render/tenant.ts";
import { root as project } from "../tools/root.ts";
import { tenantText, writeSources } from "./support/tenants.ts";

const help = `npm run bench -- generate [--tenants 1000] [--many 10000] [--rounds 3]

Every run is a process of its own, its start included, in a folder of its own; the best of so many rounds counts.
`;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      tenants: { type: "string", default: "1000" },
      many: { type: "string", default: "10000" },
      rounds: { type: "string", default: "3" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return console.log(help);
  const [tenants, many, rounds] = [
    Number(values.tenants),
    Number(values.many),
    Number(values.rounds),
  ];
  if (!tenants || !many || !rounds) throw new RangeError(help);
  const folder = mkdtempSync(join(tmpdir(), "neurallog-bench-"));
  // Nothing is deleted before the end: ext4 is slow to make files for some seconds after many were deleted.
  try {
    const times = {
      fresh: [] as number[],
      plain: [] as number[],
      change: [] as number[],
      none: [] as number[],
    };
    for (let round = 0; round < rounds; round++) {
      const root = writeSources(join(folder, `ours-${round}`), tenants);
      times.plain.push(plainGenerator(writeSources(join(folder, `plain-${round}`), tenants)));
      times.fresh.push(generate(root));
      writeFileSync(join(root, "tenants/t00007.yaml"), tenantText("t00007", 70_000 + round));
      times.change.push(generate(root));
      generate(root);
      times.none.push(generate(root));
    }
    const large = writeSources(join(folder, "large"), many);
    const best = (of: number[]): string => Math.min(...of).toFixed(0);
    console.table({
      [`${tenants} tenants from nothing`]: {
        ms: best(times.fresh),
        "plain ms": best(times.plain),
        "aim ms": tenants,
      },
      [`one of ${tenants} records changed`]: {
        ms: best(times.change),
        "plain ms": best(times.plain),
        "aim ms": 300,
      },
      [`none of ${tenants} changed`]: {
        ms: best(times.none),
        "plain ms": best(times.plain),
        "aim ms": "",
      },
      [`${many} tenants from nothing`]: {
        ms: generate(large).toFixed(0),
        "plain ms": "",
        "aim ms": many,
      },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds of a whole process: Node's start, and all that it loads. */
function generate(root: string): number {
  const started = performance.now();
  const command = [join(project, "generator/cli/generate.ts"), "--root", root];
  const { status, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - started;
}

/**
 * Milliseconds of the plain way, in this process, which has everything loaded: records read one by one, the documents
 * of each file made text by the yaml library, every file written. That the documents are there already is in its favour.
 */
function plainGenerator(root: string): number {
  const { plans } = loadRepository(root);
  const documents = plans.map((plan) =>
    [...renderTenant(plan)].map(([path, text]) => ({ path, all: loadAll(text) })),
  );
  const started = performance.now();
  loadRepository(root);
  for (const files of documents) {
    for (const { path, all } of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      const text = all.map((one) =>
        stringify(one, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" }),
      );
      writeFileSync(join(root, path), text.join("---\n"));
    }
  }
  return performance.now() - started;
}
