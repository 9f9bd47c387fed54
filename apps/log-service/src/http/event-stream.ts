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
  #started = false;

  constructor(response: ServerResponse, onDropped: (events: number) => void) {
    this.#response = response;
    this.#onDropped = onDropped;
  }

  /** Only now is the head sent: whoever has it may rely on every record that is stored after. */
  joined(): void {
    this.#start();
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#response.writeHead(200, HEAD);
    this.#response.write(`retry: ${FOLLOW_LIMITS.retryMs}\n\n`);
    this.#response.on("drain", () => this.#tellDropped());
  }

  /** Ends it in good order: the client comes back with its last id. */
  end(): void {
    this.#start();
    this.#response.end();
  }

  async past(chunk: FollowChunk): Promise<void> {
    this.#start();
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
    this.#start();
    this.#send("dropped", { reason: "retention", records: records ?? null });
  }

  /**
   * What the caller did wrong has its own status, as long as nothing was sent. What passes is an event
   * in any case: browsers come back after a stream that ends, and never after a status.
   */
  failed(error: ServiceError): void {
    if (this.#response.writableEnded) return;
    if (!this.#started && error.status < 500) {
      this.#started = true;
      this.#response
        .writeHead(error.status, { "content-type": "application/json; charset=utf-8" })
        .end(JSON.stringify(errorBody(error)));
      return;
    }
    this.#start();
    this.#send("error", { status: error.status, ...errorBody(error).error });
    this.#response.end();
  }

  /** A comment: tells proxies and clients that the connection lives. */
  beat(): void {
    if (this.#started && this.#response.writableLength === 0) this.#response.write(":\n\n");
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
