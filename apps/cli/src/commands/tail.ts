import type { Dropped, LogRecord } from "@neurallog/client";
import { EXIT, explain } from "../errors.ts";
import { count } from "../output/columns.ts";
import { recordText } from "../output/record.ts";
import { harmless, harmlessJson } from "../output/terminal.ts";
import type { Commands } from "./commands.ts";
import {
  addFilters,
  addMetadata,
  paramsOf,
  wholeNumberOrZero,
  type FilterOptions,
} from "./filters.ts";

interface TailOptions extends FilterOptions {
  readonly last: number;
  readonly follow: boolean;
}

/**
 * `tail`: the newest records and then those that are stored, whatever their timestamps, until Ctrl-C. A service that
 * restarts is waited for, and nothing that it stored meanwhile is missed.
 */
export function addTail({ root, run }: Commands): void {
  const command = addMetadata(addFilters(root.command("tail [text...]")))
    .description("print the newest records, then new ones as they are stored, until Ctrl-C")
    .option("--last <n>", "start with so many of the newest", wholeNumberOrZero, 10)
    .option("-f, --follow", "go on with new ones (it does)", true)
    .option("--no-follow", "end after the newest");
  run<TailOptions>(command, async ({ client, words, options, context }) => {
    const { out, style, interrupted: signal } = context;
    const params = paramsOf(options, words);
    const print = (record: LogRecord) =>
      out.write(options.json === true ? `${harmlessJson(record)}\n` : recordText(record, style));
    const newest = await client().search({ ...params, limit: options.last || 1 }, { signal });
    const shown = newest.records.slice(0, options.last);
    for (const record of shown.toReversed()) await print(record);
    if (!options.follow) return shown.length === 0 ? EXIT.nothingFound : EXIT.ok;
    const { from: _from, to: _to, ...filter } = params;
    const records = client().follow(filter, {
      signal,
      after: newest.position,
      // People want to see what happens now; a file or a program wants all of it.
      catchUp: !out.isTTY,
      onInterruption: (error) => context.say(`${harmless(explain(error))}; still trying`),
      onDropped: (dropped) => context.say(droppedText(dropped)),
    });
    for await (const record of records) {
      await print(record);
      if (out.closed) break;
    }
    return EXIT.ok;
  });
}

function droppedText({ reason, records }: Dropped): string {
  const many = records === undefined ? "some records" : `${count(records)} records`;
  return reason === "slow"
    ? `${many} came faster than this terminal and are left out; search has them`
    : `${many} were taken by retention before they could be shown`;
}
