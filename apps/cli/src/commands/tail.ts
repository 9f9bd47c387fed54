import { setTimeout as sleep } from "node:timers/promises";
import {
  ConnectionError,
  ResponseError,
  type LogRecord,
  type NeuralLogClient,
  type SearchParams,
} from "@neurallog/client";
import { EXIT, explain } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { recordText } from "../output/record.ts";
import { harmlessJson } from "../output/terminal.ts";
import type { Context } from "./context.ts";
import { paramsOf, type FilterOptions } from "./filters.ts";

export interface TailOptions extends FilterOptions {
  readonly last: number;
  readonly json?: boolean;
}

/**
 * Prints the newest records and then those that arrive, until Ctrl-C. Asks every second for what is not older than
 * a few seconds before the newest record shown, since senders are late by different times; what is older than that
 * when it arrives is for `search`.
 */
export async function tail(
  client: NeuralLogClient,
  text: readonly string[],
  options: TailOptions,
  context: Context,
): Promise<number> {
  const params = paramsOf(options, text);
  const print = (record: LogRecord) =>
    context.out.write(
      options.json === true ? `${harmlessJson(record)}\n` : recordText(record, context.style),
    );
  const started = Date.now();
  const first = await client.search(
    { ...params, limit: options.last },
    { signal: context.interrupted },
  );
  for (const record of first.records.toReversed()) await print(record);
  const window = new Window(first.records, started);
  // A full page leaves older records out, and the first question below may reach as far back as they are.
  const oldest = first.records.length === options.last ? first.records.at(-1) : undefined;
  let isBeforeOldest =
    oldest !== undefined && Date.parse(oldest.timestamp) >= Date.parse(window.from());
  while (!context.interrupted.aborted && !context.out.closed) {
    await sleep(LIMITS.pollMs, undefined, { signal: context.interrupted }).catch(() => {});
    if (context.interrupted.aborted) break;
    try {
      for await (const record of arrivals(client, params, window, context)) {
        if (record.id === oldest?.id) isBeforeOldest = false;
        if (window.isNew(record) && !isBeforeOldest) await print(record);
      }
      isBeforeOldest = false;
    } catch (error) {
      if (context.interrupted.aborted) break;
      // A service that restarts is worth waiting for; one that refuses is not.
      const passes =
        error instanceof ConnectionError || (error instanceof ResponseError && error.retryable);
      if (!passes) throw error;
      context.say(`${explain(error)}; still trying`);
    }
  }
  return EXIT.ok;
}

function arrivals(client: NeuralLogClient, params: SearchParams, window: Window, context: Context) {
  return client.searchAll(
    { ...params, from: window.from(), order: "asc", limit: LIMITS.pageRecords },
    { signal: context.interrupted },
  );
}

/** Which records were shown, as far back as the next question reaches. */
class Window {
  #newest: number;
  #shown = new Map<string, number>();

  constructor(shown: readonly LogRecord[], started: number) {
    this.#newest = started;
    for (const record of shown) this.#shown.set(record.id, Date.parse(record.timestamp));
  }

  from(): string {
    const from = this.#newest - LIMITS.lateMs;
    for (const [id, at] of this.#shown) if (at < from) this.#shown.delete(id);
    return new Date(from).toISOString();
  }

  isNew(record: LogRecord): boolean {
    if (this.#shown.has(record.id)) return false;
    const at = Date.parse(record.timestamp);
    this.#shown.set(record.id, at);
    // A sender whose clock is ahead must not hide the others.
    this.#newest = Math.max(this.#newest, Math.min(at, Date.now()));
    return true;
  }
}
