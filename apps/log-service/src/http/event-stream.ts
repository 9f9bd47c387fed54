import { once } from "node:events";
import type { ServerResponse } from "node:http";

import type { ServiceError } from "../errors.ts";
import type { FollowChunk, FollowSink } from "../follow/port.ts";
import { FOLLOW_LIMITS } from "../limits.ts";
import { errorBody } from "./respond.ts";

const HEAD = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // Proxies that gather an answer before they pass it on would hold events back.
  "x-accel-buffering": "no",
};

/**
 * Server-sent events on one response. A client that does not read costs so much memory and no more:
 * what it misses is counted and told as soon as it reads on.
 */
export class EventStream implements FollowSink {
  readonly #response: ServerResponse;
  readonly #onDropped: (events: number) => void;
  #dropped = 0;

  constructor(response: ServerResponse, onDropped: (events: number) => void) {
    this.#response = response;
    this.#onDropped = onDropped;
  }

  /** Sends the head; events may follow. */
  start(): void {
    this.#response.writeHead(200, HEAD);
    this.#response.write(`retry: ${FOLLOW_LIMITS.retryMs}\n\n`);
    this.#response.on("drain", () => this.#tellDropped());
  }

  /** Ends it in good order: the client comes back with its last id. */
  end(): void {
    this.#response.end();
  }

  async past(chunk: FollowChunk): Promise<void> {
    if (this.#response.write(chunk.bytes)) return;
    await Promise.race([once(this.#response, "drain"), once(this.#response, "close")]);
  }

  live(chunk: FollowChunk): void {
    // Once something was dropped the rest is too, until the client reads: it gets no holes unannounced.
    if (this.#dropped > 0 || this.#response.writableLength > FOLLOW_LIMITS.waitingBytes) {
      this.#dropped += chunk.events;
      this.#onDropped(chunk.events);
      return;
    }
    this.#response.write(chunk.bytes);
  }

  lost(records: number | undefined): void {
    this.#send("dropped", { reason: "retention", records: records ?? null });
  }

  failed(error: ServiceError): void {
    // May come in the same turn, before the head.
    queueMicrotask(() => {
      this.#send("error", { status: error.status, ...errorBody(error).error });
      this.end();
    });
  }

  /** A comment: tells proxies and clients that the connection lives. */
  beat(): void {
    if (this.#response.writableLength === 0) this.#response.write(":\n\n");
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    const events = this.#dropped;
    this.#dropped = 0;
    this.#send("dropped", { reason: "slow", events });
  }

  /** Without an id: the next connection starts after the last record. */
  #send(event: string, data: object): void {
    this.#response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}
