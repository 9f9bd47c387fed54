import { ServiceError } from "../errors.ts";
import { FOLLOW_LIMITS } from "../limits.ts";
import { compileFilter } from "../query/match/compile.ts";
import type { Matcher } from "../query/match/matcher.ts";
import type { LogStore } from "../store/port.ts";
import { readBookmark, writeBookmark, type Bookmark } from "./bookmark.ts";
import { Channel } from "./channel.ts";
import { WindowEvents } from "./events.ts";
import type { FollowChunk, FollowFormat, FollowRequest } from "./port.ts";
import { lostSince, readWindow, type Window } from "./window.ts";

// Not a Buffer: those share memory, which could not be handed to another thread.
const ENCODER = new TextEncoder();

/** What the hub says, to whoever holds the followers' connections. Feeds and followers have numbers. */
export interface HubOutput {
  /** A part of one follower's past; more comes after `taken`. */
  past(follower: number, chunk: FollowChunk): void;
  lost(follower: number, records: number | undefined): void;
  /** From now on the follower gets what the feed gets. */
  joined(follower: number, feed: number): void;
  live(feed: number, chunk: FollowChunk): void;
  failed(follower: number, error: ServiceError): void;
}

interface Feed {
  readonly number: number;
  readonly matcher: Matcher;
  readonly format: FollowFormat;
  readonly followers: Set<number>;
  /** When its followers were last told how far they are. */
  markedMs: number;
}

interface Group {
  readonly channel: Channel;
  readonly feeds: Map<string, Feed>;
  members: number;
}

interface Follower {
  readonly group: Group;
  readonly groupKey: string;
  feed: { readonly key: string; readonly feed: Feed } | undefined;
  /** Lets the past go on. */
  onTaken: (() => void) | undefined;
}

/**
 * Filters what is committed for all followers: equal filters are tested once, over windows that are
 * read once, and their events are written once.
 */
export class FollowHub {
  readonly #store: LogStore;
  readonly #output: HubOutput;
  readonly #groups = new Map<string, Group>();
  readonly #followers = new Map<number, Follower>();
  #lastFeed = 0;
  #feeds = 0;

  constructor(store: LogStore, output: HubOutput) {
    this.#store = store;
    this.#output = output;
  }

  /** Starts to follow; whatever goes wrong is told through `failed`. */
  open(follower: number, request: FollowRequest): void {
    const { names, except } = request.scope;
    const groupKey = JSON.stringify([names, except]);
    const group = this.#group(groupKey, request);
    group.members += 1;
    this.#followers.set(follower, { group, groupKey, feed: undefined, onTaken: undefined });
    this.#start(follower, request).catch((error: unknown) => this.#fail(follower, error));
  }

  /** The follower's last part of the past is on its way. */
  taken(follower: number): void {
    this.#followers.get(follower)?.onTaken?.();
  }

  close(follower: number): void {
    const known = this.#followers.get(follower);
    if (known === undefined) return;
    this.#followers.delete(follower);
    known.onTaken?.();
    const { group, groupKey, feed: joined } = known;
    if (joined !== undefined) {
      joined.feed.followers.delete(follower);
      if (joined.feed.followers.size === 0 && group.feeds.delete(joined.key)) this.#feeds -= 1;
    }
    group.members -= 1;
    if (group.members > 0) return;
    group.channel.stop();
    this.#groups.delete(groupKey);
  }

  stop(): void {
    for (const follower of this.#followers.keys()) this.close(follower);
  }

  #group(key: string, { scope }: FollowRequest): Group {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const feeds = new Map<string, Feed>();
    const channel = new Channel(this.#store, scope, (window) => this.#handOn(feeds, window));
    const group: Group = { channel, feeds, members: 0 };
    this.#groups.set(key, group);
    return group;
  }

  async #start(follower: number, request: FollowRequest): Promise<void> {
    const { group } = this.#followers.get(follower) ?? {};
    if (group === undefined) return;
    const { channel } = group;
    const matcher = compileFilter(request.filter);
    // Not behind where any other process has let a follower get to.
    await channel.catchUp();
    if (request.after !== undefined) await this.#past(follower, channel, matcher, request);
    this.#join(follower, matcher, request);
    channel.start((error) => this.#failGroup(group, error));
  }

  /** What was committed before, window by window, until the follower stands where the channel does. */
  async #past(
    follower: number,
    channel: Channel,
    matcher: Matcher,
    { after = "", format }: FollowRequest,
  ): Promise<void> {
    let bookmark: Bookmark | undefined = readBookmark(after, FOLLOW_LIMITS.lanes);
    if (bookmark === undefined) {
      throw new ServiceError("NL_PARAMETER_INVALID", "Last-Event-ID is no event's id", {
        details: { parameter: "after" },
      });
    }
    const lost = await lostSince(this.#store, await channel.names(), bookmark);
    if (lost !== 0) this.#output.lost(follower, lost);
    for (;;) {
      const present = channel.position;
      const window: Window = await readWindow(
        this.#store,
        await channel.names(),
        bookmark,
        present,
      );
      bookmark = window.end;
      const chunk = new WindowEvents(window).chunk(matcher, format);
      if (!this.#followers.has(follower)) return;
      if (chunk !== undefined) await this.#handPast(follower, chunk);
      if (!window.more && channel.position === present) return;
    }
  }

  #handPast(follower: number, chunk: FollowChunk): Promise<void> {
    return new Promise((resolve) => {
      const known = this.#followers.get(follower);
      if (known === undefined) {
        resolve();
        return;
      }
      known.onTaken = () => {
        known.onTaken = undefined;
        resolve();
      };
      this.#output.past(follower, chunk);
    });
  }

  /** In the same turn in which the past was found to end: nothing is handed on in between. */
  #join(follower: number, matcher: Matcher, { filter, format }: FollowRequest): void {
    const known = this.#followers.get(follower);
    if (known === undefined) return;
    const key = JSON.stringify([format, filter]);
    const feed = known.group.feeds.get(key) ?? this.#feed(known.group, key, matcher, format);
    feed.followers.add(follower);
    known.feed = { key, feed };
    this.#output.joined(follower, feed.number);
  }

  #feed(group: Group, key: string, matcher: Matcher, format: FollowFormat): Feed {
    if (this.#feeds >= FOLLOW_LIMITS.filters) {
      throw new ServiceError("NL_FOLLOW_LIMIT", "Too many different filters are followed", {
        retryAfterSeconds: 10,
      });
    }
    this.#feeds += 1;
    this.#lastFeed += 1;
    const feed: Feed = {
      number: this.#lastFeed,
      matcher,
      format,
      followers: new Set(),
      markedMs: -Infinity,
    };
    group.feeds.set(key, feed);
    return feed;
  }

  #handOn(feeds: ReadonlyMap<string, Feed>, window: Window): void {
    if (feeds.size === 0 || window.blocks.length === 0) return;
    const events = new WindowEvents(window);
    for (const feed of feeds.values()) {
      const chunk = events.chunk(feed.matcher, feed.format) ?? markAfter(feed, window);
      if (chunk !== undefined) this.#output.live(feed.number, chunk);
    }
  }

  #failGroup(group: Group, error: unknown): void {
    for (const [follower, known] of this.#followers) {
      if (known.group === group) this.#fail(follower, error);
    }
  }

  /** Followers come back with their last id, so a store that is away for a moment costs them nothing. */
  #fail(follower: number, error: unknown): void {
    if (!this.#followers.has(follower)) return;
    this.close(follower);
    const known =
      error instanceof ServiceError
        ? error
        : new ServiceError("NL_INTERNAL", undefined, { cause: error });
    this.#output.failed(follower, known);
  }
}

/**
 * Where nothing matches for long, a follower's last id would grow old: all since then would be read again when it
 * comes back, and what retention took of it would count as missed. An id alone is no event to anybody.
 */
function markAfter(feed: Feed, { end }: Window): FollowChunk | undefined {
  const now = performance.now();
  if (feed.format !== "sse" || now - feed.markedMs < FOLLOW_LIMITS.markMs) return undefined;
  feed.markedMs = now;
  return { bytes: ENCODER.encode(`id: ${writeBookmark(end)}\n\n`), events: 0 };
}
