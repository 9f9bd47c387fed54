import type { ServiceError } from "../errors.ts";
import type { Filter } from "../query/filter.ts";
import type { Scope } from "../query/engine/questions.ts";

/** Following what is stored from now on, or from where a caller left off. */
export interface FollowSource {
  /**
   * Starts to hand matching records to a sink, in the order in which each lane committed them.
   * @throws ServiceError NL_FOLLOW_LIMIT when there are as many followers or filters as there may be.
   */
  open(request: FollowRequest, sink: FollowSink): Following;
  /** Followers and distinct filters now, and events handed out since the start. */
  stats(): FollowStats;
  close(): void;
}

export interface FollowRequest {
  readonly scope: Scope;
  readonly filter: Filter;
  /** How events are written; see `FollowFormat`. */
  readonly format: FollowFormat;
  /** An event's id, or a search's `position`: what was committed later comes first. Now when left out. */
  readonly after?: string | undefined;
}

/**
 * `sse`: `id:` and `data:` lines of server-sent events, the data being the record's JSON.
 * `ndjson`: the record's JSON, one a line.
 */
export type FollowFormat = "sse" | "ndjson";

export interface Following {
  stop(): void;
}

/** Events as bytes ready to send. The bytes are shared with other followers: nobody changes them. */
export interface FollowChunk {
  readonly bytes: Uint8Array;
  readonly events: number;
}

export interface FollowSink {
  /** It is settled which records come: all that are stored after this, at least. */
  joined(): void;
  /**
   * What was committed before the follower came up with the present; the next one waits for the
   * promise, so that a long past goes as fast as it is taken.
   */
  past(chunk: FollowChunk): Promise<void>;
  /** What comes in now. Does not wait: who cannot take it counts it as dropped. */
  live(chunk: FollowChunk): void;
  /** Retention took so many records that were still to come, undefined if nobody knows how many. */
  lost(records: number | undefined): void;
  /** Nothing more comes. The caller may open again with the last event's id. */
  failed(error: ServiceError): void;
}

export interface FollowStats {
  readonly followers: number;
  readonly filters: number;
  readonly events: number;
}
