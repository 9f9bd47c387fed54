import type { NeuralLogClient, SearchParams } from "@neurallog/client";
import { EXIT } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { recordText } from "../output/record.ts";
import { harmlessJson } from "../output/terminal.ts";
import type { Context } from "./context.ts";
import { paramsOf, type FilterOptions } from "./filters.ts";

export interface SearchOptions extends FilterOptions {
  readonly from?: string;
  readonly to?: string;
  readonly order: "asc" | "desc";
  readonly limit: number;
  readonly all?: boolean;
  readonly cursor?: string;
  readonly json?: boolean;
}

/** Prints what matches, page after page, up to the limit. */
export async function search(
  client: NeuralLogClient,
  text: readonly string[],
  options: SearchOptions,
  context: Context,
): Promise<number> {
  const wanted = options.all === true ? Infinity : options.limit;
  const params: SearchParams = {
    ...paramsOf(options, text),
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(options.to === undefined ? {} : { to: options.to }),
    order: options.order,
  };
  let found = 0;
  let cursor: string | null = options.cursor ?? null;
  do {
    const page = await client.search(
      {
        ...params,
        limit: Math.min(wanted - found, LIMITS.pageRecords),
        ...(cursor === null ? {} : { cursor }),
      },
      { signal: context.interrupted },
    );
    for (const record of page.records) {
      await context.out.write(
        options.json === true ? `${harmlessJson(record)}\n` : recordText(record, context.style),
      );
    }
    found += page.records.length;
    cursor = page.next_cursor;
  } while (
    cursor !== null &&
    found < wanted &&
    !context.out.closed &&
    !context.interrupted.aborted
  );
  if (context.interrupted.aborted) return EXIT.interrupted;
  if (cursor !== null && !context.out.closed) {
    context.say(`there is more: --limit, --all, or go on with --cursor ${cursor}`);
  }
  return found === 0 ? EXIT.nothingFound : EXIT.ok;
}
