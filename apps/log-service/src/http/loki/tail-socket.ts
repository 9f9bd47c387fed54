import type { WebSocket } from "ws";

import type { FollowChunk, FollowSink } from "../../follow/port.ts";
import { FOLLOW_LIMITS } from "../../limits.ts";
import type { LiveQuery } from "../../logql/live.ts";

/**
 * A tail on one WebSocket. A client that does not read costs so much memory and no more: what it
 * misses is counted, and told in Loki's form as soon as it reads on.
 */
export class TailSocket implements FollowSink {
  readonly #socket: WebSocket;
  readonly #query: LiveQuery;
  readonly #onDropped: (events: number) => void;
  #dropped = 0;
  #heard = true;

  constructor(socket: WebSocket, query: LiveQuery, onDropped: (events: number) => void) {
    this.#socket = socket;
    this.#query = query;
    this.#onDropped = onDropped;
    socket.on("pong", () => {
      this.#heard = true;
    });
  }

  /** @param streams Of lines before the first live one. */
  send(streams: readonly object[]): void {
    if (streams.length > 0) this.#socket.send(JSON.stringify({ streams }));
  }

  joined(): void {
    // The socket is open already: its protocol has no word for this.
  }

  async past({ bytes }: FollowChunk): Promise<void> {
    const streams = this.#query.streams(bytes);
    if (streams.length === 0) return;
    // An error here is the connection's end, which is told elsewhere.
    await new Promise<void>((done) => this.#socket.send(JSON.stringify({ streams }), () => done()));
  }

  live({ bytes, events }: FollowChunk): void {
    if (this.#socket.bufferedAmount > FOLLOW_LIMITS.waitingBytes) {
      this.#drop(events);
      return;
    }
    const streams = this.#query.streams(bytes);
    const dropped = this.#takeDropped();
    if (streams.length === 0 && dropped.length === 0) return;
    this.#socket.send(
      JSON.stringify({ streams, ...(dropped.length > 0 && { dropped_entries: dropped }) }),
    );
  }

  lost(records: number | undefined): void {
    this.#drop(records ?? 1);
  }

  failed(): void {
    this.#socket.close(1011, "the tail ended: ask again");
  }

  end(): void {
    this.#socket.close(1001, "the service is shutting down");
  }

  /** Ends what does not answer any more: nobody else would find out. */
  beat(): void {
    if (!this.#heard) {
      this.#socket.terminate();
      return;
    }
    this.#heard = false;
    this.#socket.ping();
  }

  #drop(events: number): void {
    this.#dropped += events;
    this.#onDropped(events);
  }

  /** Loki names an entry and its labels for each; a count says what those who look want to know. */
  #takeDropped(): readonly object[] {
    if (this.#dropped === 0) return [];
    const labels = { dropped: String(this.#dropped) };
    this.#dropped = 0;
    return [{ timestamp: `${Date.now()}000000`, labels }];
  }
}
