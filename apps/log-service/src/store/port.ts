import type { BlockHeader } from "../block/header.ts";
import type { BlockRows } from "../block/rows.ts";
import type { ErrorCode } from "../errors.ts";
import type { PreparedRecord } from "../record/record.ts";

/**
 * Where records are kept. Stores differ in what they survive, never in what these calls mean:
 * `test/log-service/store/conformance.ts` holds all of them to it. Failures are `ServiceError` with
 * NL_STORE_UNAVAILABLE, NL_STORE_FULL or NL_STORE_BUSY.
 */
export interface LogStore {
  /**
   * Keeps records and answers their ids, in order. Resolved means kept, as durably as the store can.
   * Rejected means not acknowledged: some of the records may have been kept all the same.
   */
  append(records: readonly PreparedRecord[]): Promise<readonly string[]>;

  /**
   * The blocks of these namespaces at this moment, headers only; every record acknowledged before
   * the call, by any process on the same store, is in it. Unknown namespaces hold nothing.
   */
  snapshot(namespaces: readonly string[], bounds?: SnapshotBounds): Promise<Snapshot>;

  /** All namespaces that were ever written to, by name. */
  namespaces(): Promise<readonly NamespaceInfo[]>;

  /** Drops the oldest blocks by the policy. Records are kept rather than dropped where in doubt. */
  retain(policy: RetentionPolicy, nowMs: number): Promise<Retained>;

  /** Asks the store itself; never rejects. */
  health(): Promise<StoreHealth>;

  /** What this process did and has waiting. */
  stats(): StoreStats;

  /** Lets commits under way finish, refuses new ones, and lets go of every connection. */
  close(): Promise<void>;
}

/** Lane positions as text; see docs/block-layout.md. Opaque to callers. */
export interface SnapshotBounds {
  /** Only blocks committed after these positions; a lane that is not named is read from its start. */
  readonly after?: readonly string[];
  /** Only blocks committed up to these positions; a lane that is not named holds nothing. */
  readonly upTo?: readonly string[];
}

export interface Snapshot {
  /** In no promised order. */
  readonly blocks: readonly BlockRef[];
  /** The last position of each lane; with `upTo`, those. */
  readonly positions: readonly string[];
}

export interface BlockRef {
  readonly namespace: string;
  /** The block's position; with an index it makes a record's id. */
  readonly position: string;
  readonly header: BlockHeader;
  /**
   * Reads and decompresses the records.
   * @returns undefined if retention has dropped the block since.
   * @throws DamagedBlockError for bytes that are not a block; ServiceError if the store fails.
   */
  read(): Promise<BlockRows | undefined>;
}

export interface NamespaceInfo {
  readonly name: string;
  readonly records: number;
  /** What the namespace's blocks take, compressed. */
  readonly bytes: number;
  /** Timestamps of records, RFC 3339; undefined while the namespace is empty. */
  readonly oldest: string | undefined;
  readonly newest: string | undefined;
}

export interface RetentionPolicy {
  /** Keep what was received within this time. */
  readonly ageMs?: number | undefined;
  /** Keep at most so many compressed bytes, all namespaces together. */
  readonly bytes?: number | undefined;
}

export interface Retained {
  readonly blocks: number;
  readonly records: number;
  readonly bytes: number;
}

export type StoreHealth =
  | { readonly ready: true; readonly durability: Durability }
  | { readonly ready: false; readonly code: ErrorCode; readonly reason: string };

/** What an acknowledged record survives: a kill of any process, all but the last seconds, or nothing. */
export type Durability = "always" | "everysec" | "none" | "unknown";

export interface StoreStats {
  readonly waitingRecords: number;
  readonly waitingUnits: number;
  readonly commits: number;
  readonly committedRecords: number;
  readonly committedBytes: number;
  /** Commits sent again because their answer was lost. */
  readonly retriedCommits: number;
  readonly failedCommits: number;
}
