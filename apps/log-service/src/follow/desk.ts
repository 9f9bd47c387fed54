import { ServiceError } from "../errors.ts";
import { FOLLOW_LIMITS } from "../limits.ts";
import type { HubOutput } from "./hub.ts";
import type {
  FollowChunk,
  Following,
  FollowRequest,
  FollowSink,
  FollowSource,
  FollowStats,
} from "./port.ts";

/** What the desk asks of a hub, which may be in another thread. */
export interface HubInput {
  open(follower: number, request: FollowRequest): void;
  taken(follower: number): void;
  close(follower: number): void;
}

interface Seat {
  readonly sink: FollowSink;
  feed: number | undefined;
}

/** Where followers' connections are held: hands each feed's events to all who follow it. */
export class FollowDesk implements FollowSource, HubOutput {
  readonly #hub: HubInput;
  readonly #seats = new Map<number, Seat>();
  readonly #feeds = new Map<number, Set<FollowSink>>();
  #last = 0;
  #events = 0;

  /** @param connect Gets where the hub is to say what it says; answers where it listens. */
  constructor(connect: (output: HubOutput) => HubInput) {
    this.#hub = connect(this);
  }

  open(request: FollowRequest, sink: FollowSink): Following {
    if (this.#seats.size >= FOLLOW_LIMITS.followers) {
      throw new ServiceError("NL_FOLLOW_LIMIT", undefined, { retryAfterSeconds: 10 });
    }
    this.#last += 1;
    const follower = this.#last;
    this.#seats.set(follower, { sink, feed: undefined });
    this.#hub.open(follower, request);
    return { stop: () => this.#leave(follower) };
  }

  stats(): FollowStats {
    return { followers: this.#seats.size, filters: this.#feeds.size, events: this.#events };
  }

  /** The hub is gone, its thread with it: everybody comes back with their last id. */
  reset(error: ServiceError): void {
    for (const follower of this.#seats.keys()) this.failed(follower, error);
  }

  close(): void {
    this.reset(new ServiceError("NL_DRAINING"));
  }

  past(follower: number, chunk: FollowChunk): void {
    this.#events += chunk.events;
    // Without a seat the hub hears 'close' soon, and waits for nothing.
    void this.#seats
      .get(follower)
      ?.sink.past(chunk)
      .then(() => this.#hub.taken(follower));
  }

  lost(follower: number, records: number | undefined): void {
    this.#seats.get(follower)?.sink.lost(records);
  }

  joined(follower: number, feed: number): void {
    const seat = this.#seats.get(follower);
    if (seat === undefined) return;
    seat.feed = feed;
    seat.sink.joined();
    const sinks = this.#feeds.get(feed);
    if (sinks === undefined) this.#feeds.set(feed, new Set([seat.sink]));
    else sinks.add(seat.sink);
  }

  live(feed: number, chunk: FollowChunk): void {
    for (const sink of this.#feeds.get(feed) ?? []) {
      this.#events += chunk.events;
      sink.live(chunk);
    }
  }

  failed(follower: number, error: ServiceError): void {
    const seat = this.#unseat(follower);
    seat?.sink.failed(error);
  }

  #leave(follower: number): void {
    if (this.#unseat(follower) !== undefined) this.#hub.close(follower);
  }

  #unseat(follower: number): Seat | undefined {
    const seat = this.#seats.get(follower);
    if (seat === undefined) return undefined;
    this.#seats.delete(follower);
    if (seat.feed !== undefined) {
      const sinks = this.#feeds.get(seat.feed);
      sinks?.delete(seat.sink);
      if (sinks?.size === 0) this.#feeds.delete(seat.feed);
    }
    return seat;
  }
}
