import type {
  CompileTombstone,
  ClearRequest,
  Merged,
  MergeOptions,
  Retained,
  RetentionPolicy,
  Tombstone,
  WorkStats,
} from "../port.ts";
import type { RedisClient } from "./connection.ts";
import type { Lane } from "./keys.ts";

/** What a Redis store and the work on it share: connections and lanes. */
export interface RedisContext {
  /** For what is short; commits wait behind it. */
  readonly writes: RedisClient;
  /** For reading headers and bodies. */
  readonly reads: RedisClient;
  /** All lanes of all namespaces as the server has them now. */
  allLanes(): Promise<readonly Lane[]>;
  /** The lanes of these namespaces that were ever written to. */
  lanesOf(namespaces: readonly string[]): Promise<readonly Lane[]>;
  /** How to read a tombstone's filter; undefined in a process that does not merge. */
  readonly compileTombstone: CompileTombstone | undefined;
}

/** The work on stored blocks, one step a call; `work/` has it. */
export interface Maintenance {
  retain(policy: RetentionPolicy, nowMs: number): Promise<Retained>;
  merge(options: MergeOptions): Promise<Merged>;
  clear(request: ClearRequest): Promise<Tombstone>;
  /**
   * Memory is full: drops some of the oldest blocks, whatever the policy. Called by one append at a
   * time, on the connection `writes`.
   * @returns whether there is more room now, so that another try of a writer makes sense.
   */
  relieve(): Promise<boolean>;
  /** Whether `relieve` could make room for a commit on every server. */
  canRelieve(): Promise<boolean>;
  isDue(policy: RetentionPolicy, nowMs: number): Promise<boolean>;
  stats(): WorkStats;
  /** Gives leases back. */
  close(): Promise<void>;
}

/** A lane's tombstone hash, field and value by turns, as HGETALL answers it. */
export type ReadTombstones = (lane: Lane, fields: readonly string[]) => readonly Tombstone[];
