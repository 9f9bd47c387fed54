// `npm run generate`: records to overlays.
import { root } from "../../tools/root.ts";
import { main, ToolError } from "../../tools/say.ts";
import { printProblems, problemsToJson } from "../record/print.ts";
import { generate, type Generated } from "../write/generate.ts";
import { COMMON, readArguments } from "./arguments.ts";

const help = `Usage: npm run generate -- [options]

Turns every record in tenants/ into its overlay, overlays/<cluster>/tenants/<id>/. Writes only files whose
bytes change; where any record is wrong, nothing is written and the exit code is 1.

  --base <ref>      compare the records with those of the merge base with this Git ref, too:
                    immutable fields, shrinking volumes, records that vanished
  --root <folder>   another repository than this one
  --format <name>   text (default) or json
  --help            this text
`;

await main(run);

async function run(): Promise<number> {
  const started = performance.now();
  const options = readOptions();
  if (options === undefined) return 0;
  const generated = generate(
    options.root,
    options.base === undefined ? {} : { base: options.base },
  );
  const milliseconds = Math.round(performance.now() - started);
  if (generated.written === null) {
    const { problems } = generated;
    if (options.json) process.stdout.write(problemsToJson(problems));
    else process.stderr.write(printProblems(problems, process.stderr.isTTY === true));
    // A ref that is not there is a mistake in the command, not in a record.
    return problems.some(({ code }) => code === "base-unknown") ? 2 : 1;
  }
  const summary = { tenants: generated.tenants, ...generated.written, milliseconds };
  process.stdout.write(
    options.json ? `${JSON.stringify({ problems: [], ...summary })}\n` : inWords(summary),
  );
  return 0;
}

function readOptions(): { base?: string; root: string; json: boolean } | undefined {
  const parsed = readArguments(help, {
    options: { ...COMMON, base: { type: "string" }, format: { type: "string" } },
  });
  if (parsed === undefined) return undefined;
  const { values } = parsed;
  const format = values.format ?? "text";
  if (format !== "text" && format !== "json")
    throw new ToolError(`there is no format '${format}': text or json`);
  return {
    ...(values.base === undefined ? {} : { base: values.base }),
    root: values.root ?? root,
    json: format === "json",
  };
}

type Summary = Extract<Generated, { written: object }>["written"] & {
  tenants: number;
  milliseconds: number;
};

function inWords({ tenants, written, removed, unchanged, milliseconds }: Summary): string {
  const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
  return `${count(tenants, "tenant")}: ${count(written, "file")} written, ${removed} removed, ${unchanged} unchanged, in ${milliseconds} ms\n`;
}
