// `npm run preview`: what does this change come to in the clusters?
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { goMod } from "../../tools/manifests/pins.ts";
import { findTool } from "../../tools/manifests/find.ts";
import { cacheFolder } from "../../tools/machine.ts";
import { root } from "../../tools/root.ts";
import { main, ToolError } from "../../tools/say.ts";
import { isRefused, type Preview } from "../preview/model/model.ts";
import { preview } from "../preview/preview.ts";
import { readPreview } from "../preview/read.ts";
import { type Format, FORMATS, inFormat } from "../preview/report/formats.ts";
import { hashTree } from "../verify/build/inputs.ts";
import { COMMON, readArguments, usage } from "./arguments.ts";

const help = `Usage: npm run preview -- --base <ref> [options]

Compares what kustomize renders at the merge base with a Git ref and in the work tree: objects, sizes,
who may talk to whom, restarts, and what Kubernetes will refuse.

  --base <ref>       the branch that this change is for, for example origin/main
  --format <name>    text (default), markdown, html or json; may be given again, each with its own --output
  --output <file>    a file for the format of the same position; the standard output when left out
  --from <file>      show a preview that was written as json before, and compare nothing
  --no-cache         build both sides again
  --root <folder>    another repository than this one
  --help             this text

Exit codes: 0 nothing speaks against the change; 1 something does; 2 wrong usage, an unknown ref or a missing tool.
`;

await main(run, 2);

async function run(): Promise<number> {
  const parsed = parse();
  if (parsed === undefined) return 0;
  const { values } = parsed;
  const outputs = outputsOf(values.format ?? ["text"], values.output ?? []);
  const made = values.from === undefined ? await compare(values) : writtenBefore(values.from);
  for (const { format, file } of outputs) {
    const text = inFormat(format, made);
    if (file === undefined) process.stdout.write(text);
    else writeFileSync(file, text);
  }
  return isRefused(made) ? 1 : 0;
}

type Values = NonNullable<ReturnType<typeof parse>>["values"];

async function compare(values: Values): Promise<Preview> {
  if (values.base === undefined) throw usage(help, "--base is missing");
  const isTerminal = process.stderr.isTTY === true;
  return await preview({
    root: values.root ?? root,
    base: values.base,
    cache: values["no-cache"] === true ? null : join(cacheFolder(), "preview"),
    engine: hashTree(root, ["generator/manifests", goMod.pathname.slice(root.length + 1)]),
    findKustomize: () => findTool("kustomize"),
    progress: (done, of) => {
      if (!isTerminal) return;
      process.stderr.write(done === of ? "\r\u001B[K" : `\rbuild ${done} of ${of}`);
    },
  });
}

function writtenBefore(file: string): Preview {
  const read = readPreview(file);
  if ("problem" in read) throw new ToolError(`${file}: ${read.problem}`);
  return read.preview;
}

function outputsOf(
  formats: readonly string[],
  files: readonly string[],
): { format: Format; file: string | undefined }[] {
  const known = formats.map((name) => FORMATS.find((format) => format === name));
  const wrong = formats.find((_, i) => known[i] === undefined);
  if (wrong !== undefined)
    throw new ToolError(`there is no format '${wrong}': ${FORMATS.join(", ")}`);
  if (files.length > formats.length) throw new ToolError("there are more --output than --format");
  if (formats.length - files.length > 1)
    throw new ToolError("of several formats all but the last need an --output");
  return known.flatMap((format, i) => (format === undefined ? [] : [{ format, file: files[i] }]));
}

function parse() {
  return readArguments(help, {
    options: {
      ...COMMON,
      base: { type: "string" },
      format: { type: "string", multiple: true },
      output: { type: "string", multiple: true },
      from: { type: "string" },
      "no-cache": { type: "boolean" },
    },
  });
}
