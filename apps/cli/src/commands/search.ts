import {
  ResponseError,
  type FilterParams,
  type NeuralLogClient,
  type SearchParams,
  type Warning,
} from "@neurallog/client";
import { Option, type Command } from "commander";
import { CliError, EXIT } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { sayWarnings } from "../output/answer.ts";
import { recordText } from "../output/record.ts";
import { tableText } from "../output/table.ts";
import { harmlessJson, harmlessLine } from "../output/terminal.ts";
import type { Call, Commands, GlobalOptions } from "./commands.ts";
import type { Context } from "./context.ts";
import {
  addQuestion,
  paramsOf,
  wholeNumber,
  type FilterOptions,
  type TimeOptions,
} from "./filters.ts";

interface SearchOptions extends FilterOptions, TimeOptions, GlobalOptions {
  readonly order: "asc" | "desc";
  readonly limit: number;
  readonly all?: boolean;
  readonly cursor?: string;
  readonly ids?: boolean;
}

/** `search`: what matches, page after page; or the table that a query's pipes make of it. */
export function addSearch({ root, run }: Commands): void {
  const command = addQuestion(root.command("search [text...]"))
    .description("print the records that match, or what a query's pipes make of them")
    .addOption(
      new Option("--order <order>", "newest or oldest first")
        .choices(["desc", "asc"])
        .default("desc"),
    )
    .option("--limit <n>", "how many", wholeNumber, 100)
    .option("--all", "all of them")
    .option("--cursor <cursor>", "go on where a search ended")
    .option("--ids", "begin each line with the record's id, which `context` takes");
  run<SearchOptions>(command, async (call) => {
    const { client, words, options, context } = call;
    const params = paramsOf(options, words);
    try {
      return await records(call, params);
    } catch (error) {
      // Only the service's grammar tells a pipe from a bar in a quoted text.
      if (!(error instanceof ResponseError) || error.code !== "NL_QUERY_PIPES") throw error;
      refuseForTables(command, options);
      return await table(client(), params, options, context);
    }
  });
}

/** Options that a table would ignore, and what says the same in the query. */
const OF_RECORDS = {
  order: () => "the query says what comes first, as in: | sort count desc",
  limit: ({ limit }: SearchOptions) => `the query says how many rows, as in: | limit ${limit}`,
  cursor: () => "a table has no pages",
  ids: () => "a row of a table stands for many records",
};

/** @throws CliError for an option that was given and is for records alone. */
function refuseForTables(command: Command, options: SearchOptions): void {
  for (const [name, reason] of Object.entries(OF_RECORDS)) {
    if (command.getOptionValueSource(name) !== "cli") continue;
    const text = `--${name} is for records, and the query's pipes make a table: ${reason(options)}`;
    throw new CliError("CLI_NOT_WITH_PIPES", text);
  }
}

async function records(
  { client, options, context }: Call<SearchOptions>,
  params: FilterParams,
): Promise<number> {
  const wanted = options.all === true ? Infinity : options.limit;
  let found = 0;
  let cursor: string | null = options.cursor ?? null;
  const warnings = new Map<string, Warning>();
  do {
    const search: SearchParams = {
      ...params,
      order: options.order,
      limit: Math.min(wanted - found, LIMITS.pageRecords),
      cursor: cursor ?? undefined,
    };
    const page = await client().search(search, { signal: context.interrupted });
    for (const record of page.records) {
      await context.out.write(
        options.json === true
          ? `${harmlessJson(record)}\n`
          : recordText(record, context.style, options.ids),
      );
    }
    for (const warning of page.warnings ?? []) warnings.set(warning.code, warning);
    found += page.records.length;
    cursor = page.next_cursor;
  } while (
    cursor !== null &&
    found < wanted &&
    // What is missing before them would not be seen among more.
    warnings.size === 0 &&
    !context.out.closed &&
    !context.interrupted.aborted
  );
  sayWarnings({ warnings: [...warnings.values()] }, context);
  if (context.interrupted.aborted) return EXIT.interrupted;
  if (cursor !== null && !context.out.closed) {
    context.say(`there is more: --limit, --all, or go on with --cursor ${cursor}`);
  }
  if (options.all === true && warnings.size > 0) return EXIT.unavailable;
  return found === 0 ? EXIT.nothingFound : EXIT.ok;
}

async function table(
  client: NeuralLogClient,
  { q = "", ...params }: FilterParams,
  { json }: GlobalOptions,
  context: Context,
): Promise<number> {
  const body = await client.aggregate({ ...params, q }, { signal: context.interrupted });
  const rows = body.rows.map((row) => `${harmlessJson(row)}\n`).join("");
  await context.out.write(json === true ? rows : tableText(body));
  sayWarnings(body, context);
  for (const note of body.notes) context.say(harmlessLine(note));
  if (body.truncated) context.say("a limit was reached: narrow it with --from and --to");
  return body.rows.length === 0 ? EXIT.nothingFound : EXIT.ok;
}
