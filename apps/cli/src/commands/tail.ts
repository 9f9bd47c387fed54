import type { LogRecord, NeuralLogClient } from "@neurallog/client";
import { EXIT, explain } from "../errors.ts";
import { recordText } from "../output/record.ts";
import { harmlessJson } from "../output/terminal.ts";
import type { Context } from "./context.ts";
import { paramsOf, type FilterOptions } from "./filters.ts";

export interface TailOptions extends FilterOptions {
  readonly last: number;
  readonly json?: boolean;
}

/**
 * Prints the newest records and then those that are stored, whatever their timestamps, until Ctrl-C. A service that
 * restarts is waited for, and nothing that it stored meanwhile is missed.
 */
export async function tail(
  client: NeuralLogClient,
  text: readonly string[],
  options: TailOptions,
  context: Context,
): Promise<number> {
  const params = paramsOf(options, text);
  const signal = context.interrupted;
  const print = (record: LogRecord) =>
    context.out.write(
      options.json === true ? `${harmlessJson(record)}\n` : recordText(record, context.style),
    );
  const first = await client.search({ ...params, limit: options.last }, { signal });
  for (const record of first.records.toReversed()) await print(record);
  const records = client.follow(params, {
    signal,
    after: first.position,
    onInterruption: (error) => context.say(`${explain(error)}; still trying`),
    onDropped: ({ reason, records: lost }) => context.say(`${lost ?? "some"} dropped: ${reason}`),
  });
  for await (const record of records) {
    await print(record);
    if (context.out.closed) break;
  }
  return EXIT.ok;
}
