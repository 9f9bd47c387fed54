import { Option } from "commander";
import type { Warning } from "@neurallog/client";
import { CliError, EXIT, exitOf } from "../errors.ts";
import { sayWarnings } from "../output/answer.ts";
import { harmlessJson } from "../output/terminal.ts";
import type { Commands } from "./commands.ts";
import { exportAll } from "./export-all.ts";
import {
  addQuestion,
  paramsOf,
  wholeNumber,
  type FilterOptions,
  type TimeOptions,
} from "./filters.ts";

interface ExportOptions extends FilterOptions, TimeOptions {
  readonly order: "asc" | "desc";
  readonly limit?: number;
  readonly cursor?: string;
  readonly all?: boolean;
  readonly output?: string;
}

/** `export`: everything that matches as lines of JSON, at the speed of whoever reads them. */
export function addExport({ root, run }: Commands): void {
  const command = addQuestion(root.command("export [text...]"))
    .description("write everything that matches as lines of JSON")
    .addOption(
      new Option("--order <order>", "oldest or newest first")
        .choices(["asc", "desc"])
        .default("asc"),
    )
    .option("--limit <n>", "all when left out", wholeNumber)
    .option("--cursor <cursor>", "go on where an export was cut")
    .option(
      "--all",
      "everything of the tenant, into --output, with a manifest beside it; needs a key with the role admin",
    )
    .option("--output <file>", "for --all: .gz and .zst are compressed");
  run<ExportOptions>(command, async ({ client, words, options, context }) => {
    const { order, limit, cursor } = options;
    const { out, interrupted: signal } = context;
    if (options.all === true || options.output !== undefined) {
      const { all, output } = options;
      if (all !== true || output === undefined)
        throw new CliError("CLI_USAGE", "--all and --output <file> go together");
      if (isNarrowed(options, words))
        throw new CliError(
          "CLI_USAGE",
          "--all is everything: it goes with no filter, time or limit",
        );
      return exportAll(client(), output, context);
    }
    let given = 0;
    let checkpoint = cursor;
    let behind = 0;
    const onCheckpoint = (place: string) => {
      checkpoint = place;
      behind = 0;
    };
    const onWarning = (warning: Warning) => sayWarnings({ warnings: [warning] }, context);
    const params = { ...paramsOf(options, words), order, limit, cursor };
    try {
      for await (const record of client().export(params, { signal, onCheckpoint, onWarning })) {
        await out.write(`${harmlessJson(record)}\n`);
        given += 1;
        behind += 1;
        if (out.closed) return EXIT.ok;
      }
    } catch (error) {
      if (exitOf(error) === EXIT.unavailable && checkpoint !== undefined) {
        context.say(
          `after all but the last ${behind} of these ${given} records it goes on with --cursor ${checkpoint}`,
        );
      }
      throw error;
    }
    return given === 0 ? EXIT.nothingFound : EXIT.ok;
  });
}

function isNarrowed(options: ExportOptions, words: readonly string[]): boolean {
  const { query, level, source, tag, traceId, metadata, namespace, from, to } = options;
  const filters = [query, level, source, tag, traceId, metadata, namespace, from, to];
  const others = [options.limit, options.cursor];
  return words.length > 0 || [...filters, ...others].some((one) => one !== undefined);
}
