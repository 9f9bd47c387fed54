import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

import { SUBJECTS } from "./client/subjects.ts";
import { startSink } from "./support/sink.ts";

const HELP = `npm run bench -- client [--calls 200000] [--rounds 5]
  What a logging call of the TypeScript client costs: enabled with a message, flat and nested fields, and disabled,
  beside pino that writes to /dev/null and JSON.stringify with secrets found by a pattern. Each in a process of its own.`;

const script = fileURLToPath(new URL("client/measure.ts", import.meta.url));

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      calls: { type: "string", default: "200000" },
      rounds: { type: "string", default: "5" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const sink = await startSink();
  try {
    const rows = new Map<string, Record<string, string>>();
    for (const name of Object.keys(SUBJECTS)) {
      const [what = "", who = ""] = name.split(": ");
      const measured = [script, name, sink.url, values.calls, values.rounds];
      const { stdout } = await promisify(execFile)(process.execPath, measured);
      const { median, cpuNs }: { median: number; cpuNs: number } = JSON.parse(stdout);
      const row = rows.get(what) ?? {};
      rows.set(what, {
        ...row,
        [who]: `${ns(median)}${what.startsWith("disabled") ? "" : ` (${ns(cpuNs)})`}`,
      });
    }
    console.log(
      "CPU time a call in ns, the median round; in parentheses with all that follows the call, sending included",
    );
    console.table(Object.fromEntries(rows));
  } finally {
    sink.close();
  }
}

function ns(value: number): string {
  return value < 20 ? value.toFixed(1) : value.toFixed(0);
}
