import type { NeuralLogClient } from "./client.ts";
import { ConnectionError, NeuralLogError, ResponseError } from "./errors.ts";
import { pause } from "./pause.ts";
import type { LogRecord, SearchPage, SearchParams } from "./types.ts";

/** What to follow; where it starts and how it is paged is the tail's own business. */
export type TailParams = Omit<SearchParams, "order" | "cursor" | "after" | "limit">;

export interface TailOptions {
  /** Ends the tail. */
  readonly signal?: AbortSignal;
  /** `position` of an earlier answer, to go on from there; from now on when left out. */
  readonly after?: string;
  /** How often to ask, in milliseconds; 1,000 when left out. */
  readonly intervalMs?: number;
  /** Told when the service cannot be asked; the tail goes on asking and misses nothing. */
  readonly onInterruption?: (error: NeuralLogError) => void;
}

/**
 * What is stored from now on and matches, whatever its timestamp. Goes by the store's positions and
 * not by time, so that records with old timestamps are seen too, and each once.
 */
export async function* tail(
  client: NeuralLogClient,
  params: TailParams = {},
  options: TailOptions = {},
): AsyncGenerator<LogRecord, void, undefined> {
  const { signal, intervalMs = 1_000 } = options;
  const ask = (search: SearchParams) => askUntilAnswered(client, search, intervalMs, options);
  try {
    // Only for where the store stands: nothing is later than now, so nothing is read.
    let position =
      options.after ?? (await ask({ namespace: params.namespace, from: "now", limit: 1 })).position;
    for (;;) {
      let page = await ask({ ...params, order: "asc", after: position });
      position = page.position;
      yield* page.records;
      while (page.next_cursor !== null) {
        page = await ask({ ...params, order: "asc", cursor: page.next_cursor });
        yield* page.records;
      }
      await pause(intervalMs, signal);
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

async function askUntilAnswered(
  client: NeuralLogClient,
  search: SearchParams,
  intervalMs: number,
  { signal, onInterruption }: TailOptions,
): Promise<SearchPage> {
  for (;;) {
    try {
      return await client.search(search, signal === undefined ? {} : { signal });
    } catch (error) {
      const passing =
        error instanceof ConnectionError || (error instanceof ResponseError && error.status >= 500);
      if (!passing || signal?.aborted === true) throw error;
      onInterruption?.(error);
      await pause(intervalMs, signal);
    }
  }
}
