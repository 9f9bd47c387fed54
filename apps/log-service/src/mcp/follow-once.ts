import type { LogRecord } from "@neurallog/client";

import type { ServiceError } from "../errors.ts";
import type { FollowChunk, Following, FollowSink } from "../follow/port.ts";
import { MCP_LIMITS } from "../limits.ts";
import type { Followed } from "./log-api.ts";

export interface FollowOnceOptions {
  readonly after: string;
  readonly limit: number;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/**
 * Follows until there are as many records as asked for, or the first have come and the next let
 * wait, or the time is over.
 * @throws ServiceError when the following fails, and before it begins.
 */
export async function followOnce(
  open: (sink: FollowSink) => Following,
  { after, limit, waitMs, signal }: FollowOnceOptions,
): Promise<Followed> {
  const collected = new Collected(after, limit);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let linger: NodeJS.Timeout | undefined;
  const take = (chunk: FollowChunk) => {
    collected.take(chunk);
    if (collected.isFull) resolve();
    else if (collected.records.length > 0)
      linger ??= setTimeout(resolve, MCP_LIMITS.followLingerMs);
  };
  const following = open({
    joined: () => undefined,
    past: async (chunk) => take(chunk),
    live: take,
    lost: (records) => collected.lose(records),
    failed: (error: ServiceError) => reject(error),
  });
  const late = setTimeout(resolve, waitMs);
  const gone = () => resolve();
  signal.addEventListener("abort", gone, { once: true });
  try {
    if (!signal.aborted) await promise;
  } finally {
    following.stop();
    clearTimeout(late);
    clearTimeout(linger);
    signal.removeEventListener("abort", gone);
  }
  return collected;
}

/** Events in the form of server-sent ones, as the source writes them, up to a number. */
class Collected implements Followed {
  readonly records: { readonly record: LogRecord; readonly position: string }[] = [];
  position: string;
  lost: number | null | undefined;
  readonly #limit: number;

  constructor(position: string, limit: number) {
    this.position = position;
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.records.length >= this.#limit;
  }

  take({ bytes }: FollowChunk): void {
    for (const event of Buffer.from(bytes).toString().split("\n\n")) {
      // What came behind the last one that was wanted is asked for with its position.
      if (this.isFull) return;
      const [, id, , data] = /^id: ([^\n]*)(\ndata: (.*))?$/s.exec(event) ?? [];
      if (id === undefined) continue;
      this.position = id;
      if (data !== undefined) this.records.push({ record: JSON.parse(data), position: id });
    }
  }

  lose(records: number | undefined): void {
    this.lost = records === undefined || this.lost === null ? null : (this.lost ?? 0) + records;
  }
}
