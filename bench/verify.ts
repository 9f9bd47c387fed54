import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkSchemas } from "../generator/verify/schemas/kubeconform.ts";
import { verify, type Verified } from "../generator/verify/verify.ts";
import { parseManifests } from "../generator/manifests/parse.ts";
import { generate } from "../generator/write/generate.ts";
import { findTools } from "../tools/manifests/find.ts";
import { runProgram } from "../tools/process.ts";
import { tenantText, writeSources } from "./support/tenants.ts";

const HELP = "npm run bench -- verify [--tenants 1000] [--baseline 10]";

/** Verify, cold and warm, beside one plain build and check after another without a cache. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      tenants: { type: "string", default: "1000" },
      baseline: { type: "string", default: "10" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return console.log(HELP);
  const [count, few] = [Number(values.tenants), Number(values.baseline)];
  if (!count || !few) throw new RangeError(HELP);
  const tools = await findTools();
  const root = mkdtempSync(join(tmpdir(), "neurallog-bench-"));
  try {
    writeRepository(root, count);
    const measured = async (): Promise<Verified & { seconds: number }> => {
      const started = performance.now();
      const verified = await verify({
        root,
        cache: join(root, "cache"),
        findTools: async () => tools,
        watch: { ended: () => undefined, building: () => undefined },
      });
      // The synthetic cluster is a record alone: it has no platform.
      const found = verified.findings.filter(({ code }) => code !== "platform-missing");
      const [wrong] = [...verified.problems, ...found];
      if (wrong !== undefined) throw new Error(wrong.message);
      return { ...verified, seconds: (performance.now() - started) / 1000 };
    };
    const baseline = await oneByOne(root, few, tools);
    const cold = await measured();
    const again = await measured();
    writeFileSync(join(root, "tenants/t00000.yaml"), tenantText("t00000", 77));
    generate(root);
    const warm = await measured();
    const row = ({ seconds, built, cached }: typeof cold) => ({
      seconds: seconds.toFixed(2),
      built,
      cached,
    });
    console.table({
      [`${count} tenants, cold`]: row(cold),
      "one of them changed, cache warm": row(warm),
      "none changed": row(again),
      [`one by one, ${few} tenants`]: { seconds: baseline.toFixed(2), built: few, cached: 0 },
      [`one by one, for ${count} (× ${count / few})`]: {
        seconds: ((baseline * count) / few).toFixed(0),
        built: count,
        cached: 0,
      },
    });
    console.log(`${cold.objects} objects`);
  } finally {
    rmSync(root, { recursive: true });
  }
}

function writeRepository(root: string, count: number): void {
  writeSources(root, count);
  const { problems } = generate(root);
  if (problems[0] !== undefined) throw new Error(problems[0].message);
}

/** What a script would do: build, check, next. */
async function oneByOne(
  root: string,
  count: number,
  { kustomize, kubeconform }: { kustomize: string; kubeconform: string },
): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < count; i++) {
    const tenant = `t${String(i).padStart(5, "0")}`;
    const { stdout } = await runProgram(kustomize, ["build", `overlays/bench/tenants/${tenant}`], {
      cwd: root,
    });
    const objects = parseManifests(stdout).length;
    const [wrong] = await checkSchemas(kubeconform, [{ tenant, text: stdout, objects }]);
    if (wrong !== undefined) throw new Error(wrong.message);
  }
  return (performance.now() - started) / 1000;
}
