import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { runProgram } from "../tools/process.ts";
import { startSink } from "./support/sink.ts";

const HELP = `npm run bench -- client-python [--python python3]
  What a logging call of the Python client costs in the calling thread, enabled and disabled, beside logging with a file
  handler to /dev/null and json.dumps. Another --python names another version to measure.`;

const call = fileURLToPath(new URL("../apps/client-python/bench/call.py", import.meta.url));
const sources = fileURLToPath(new URL("../apps/client-python/src", import.meta.url));

interface Figures {
  readonly python: string;
  readonly ours: Readonly<Record<string, number>>;
  readonly baselines: Readonly<Record<string, number>>;
  readonly empty: number;
  readonly dropped: number;
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { python: { type: "string", default: "python3" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const sink = await startSink();
  try {
    const env = { ...process.env, PYTHONPATH: sources, PYTHONDONTWRITEBYTECODE: "1" };
    const { code, stdout, stderr } = await runProgram(values.python, [call, sink.url], { env });
    if (code !== 0) throw new Error(`${values.python} could not measure:\n${stderr}`);
    const figures: Figures = JSON.parse(stdout);
    print(figures);
  } finally {
    sink.close();
  }
}

function print({ python, ours, baselines, empty, dropped }: Figures): void {
  const dumps = baselines["json.dumps of the same fields"] ?? Number.NaN;
  const row = (ns: number) => ({
    "ns a call": Math.round(ns),
    "of json.dumps": (ns / dumps).toFixed(2),
  });
  const rows = Object.entries({ ...ours, ...baselines, "an empty call": empty });
  console.log(
    `Python ${python}: CPU time of the calling thread, the best of nine rounds; ${dropped} records dropped`,
  );
  console.table(Object.fromEntries(rows.map(([name, ns]) => [name, row(ns)])));
}
