import type { RawBlock } from "../block/encode.ts";
import type { BlockHeader } from "../block/header.ts";
import type { RowMask } from "../block/pattern.ts";
import type { BlockRows } from "../block/rows.ts";
import type { ErrorCode } from "../errors.ts";
import type { PreparedRecord } from "../record/record.ts";
import type { BlockIds } from "./position.ts";

/**
 * Where records are kept. Stores differ in what they survive, never in what these calls mean:
 * `test/log-service/store/conformance.ts` holds all of them to it. Failures are `ServiceError` with
 * NL_STORE_UNAVAILABLE, NL_STORE_FULL or NL_STORE_BUSY.
 */
export interface LogStore {
  /**
   * Keeps records and answers their ids, in order. Resolved means kept, as durably as the store can.
   * Rejected means not acknowledged: some of the records may have been kept all the same.
   * @throws ServiceError NL_IDEMPOTENCY_MISMATCH if the key was used for another batch.
   */
  append(records: readonly PreparedRecord[], options?: AppendOptions): Promise<readonly string[]>;

  /**
   * The same for a block that was made ready before, all of one namespace. An idempotency key names
   * one call: several blocks of one batch need keys of their own, made from the batch's.
   */
  appendBlock(namespace: string, block: RawBlock, options?: AppendOptions): Promise<BlockIds>;

  /**
   * The blocks of these namespaces at this moment, headers only; every record acknowledged before
   * the call, by any process on the same store, is in it, and none twice. Unknown namespaces hold
   * nothing.
   */
  snapshot(namespaces: NamespaceChoice, bounds?: SnapshotBounds): Promise<Snapshot>;

  /** The last position of each lane that was ever written to; reads no header. In no promised order. */
  positions(): Promise<readonly string[]>;

  /** The names of all namespaces that were ever written to, in order. */
  names(): Promise<readonly string[]>;

  /** The same with what they hold, for which every block counts. */
  namespaces(): Promise<readonly NamespaceInfo[]>;

  /** Makes records vanish for ever: those that match and were committed before the call. */
  clear(request: ClearRequest): Promise<Tombstone>;

  /** Clearings that still have something to leave out. */
  tombstones(namespaces: readonly string[]): Promise<readonly Tombstone[]>;

  /** One step: drops the oldest blocks by the policy. Records are kept rather than dropped where in doubt. */
  retain(policy: RetentionPolicy, nowMs: number): Promise<Retained>;

  /** One step of putting small blocks together and taking cleared records out; called again while there is `more`. */
  merge(options?: MergeOptions): Promise<Merged>;

  /**
   * Whether `retain` or `merge` would find something: cheap, so that who does the work need not run
   * while there is none. May say yes for nothing.
   */
  isWorkDue(policy: RetentionPolicy, nowMs: number): Promise<boolean>;

  /** Asks the store itself; never rejects. */
  health(): Promise<StoreHealth>;

  /** What this process did and has waiting. */
  stats(): StoreStats;

  /** Lets commits under way finish, refuses new ones, and lets go of every connection. */
  close(): Promise<void>;
}

export interface AppendOptions {
  /**
   * Makes a retry safe: a later call with the same key and as many records stores nothing and
   * answers the first one's ids, for `STORE_LIMITS.idempotencyMs` and the lane's last
   * `idempotencyKeys` keys. Any text; two senders must not share one, so callers put the sender in.
   */
  readonly idempotencyKey?: string | undefined;
}

/** Names, or which of those that exist: asking the store for them first would be a round trip more. */
export type NamespaceChoice = readonly string[] | ((name: string) => boolean);

/** Lane positions as text; see docs/block-layout.md. Opaque to callers. */
export interface PositionBounds {
  /** Only records committed after these positions; a lane that is not named is read from its start. */
  readonly after?: readonly string[];
  /** Only records committed up to these positions; a lane that is not named holds nothing. */
  readonly upTo?: readonly string[];
}

/** A merged block may lie on a bound: `rowsWithin` tells which of its rows are in. */
export interface SnapshotBounds extends PositionBounds {
  /**
   * Timestamps asked for, in milliseconds, both included. Blocks outside may be missing from the
   * snapshot: this is what spares reading headers again that the process had no room to keep.
   */
  readonly time?: { readonly fromMs?: number | undefined; readonly toMs?: number | undefined };
}

export interface Snapshot {
  /** What was asked for: the names, or those that exist and were wanted. In no promised order. */
  readonly namespaces: readonly string[];
  /** In no promised order. */
  readonly blocks: readonly BlockRef[];
  /** The last position of each lane; with `upTo`, those. */
  readonly positions: readonly string[];
  /** All lanes of the namespaces, those without records too, whatever the bounds. */
  readonly lanes: readonly SnapshotLane[];
  /** Of the namespaces asked for. Applying them is the reader's part. */
  readonly tombstones: readonly Tombstone[];
  /**
   * The token filters of some of its blocks, in their order, fetched together; undefined for a
   * block that has none or is gone, which may hold any token.
   */
  loadTokens(blocks: readonly BlockRef[]): Promise<readonly (Uint8Array | undefined)[]>;
}

export interface SnapshotLane {
  readonly namespace: string;
  /** What its positions begin with: their `lanePrefix`. */
  readonly prefix: string;
  /**
   * The last position that retention dropped: what was committed up to it may be gone, and nothing
   * that came later is. Undefined while it dropped nothing.
   */
  readonly dropped: string | undefined;
  /** Records that were ever committed to it. */
  readonly committed: number;
  /**
   * It has blocks behind the bounds that are missing from the snapshot, as a newer version of the
   * service wrote them.
   */
  readonly isNewer?: boolean | undefined;
}

export interface BlockRef {
  readonly namespace: string;
  /** Of the stored block; unique. Not a record's: use `idOf`. */
  readonly position: string;
  readonly header: BlockHeader;
  /** Records committed to the block's lane before its first one. */
  readonly before: number;
  /** Its token filter, if that is in memory: `Snapshot.loadTokens` fetches others. */
  readonly tokens?: Uint8Array | undefined;
  /** The id of a record: its position when it was committed, whatever block it lies in now. */
  idOf(row: number): string;
  /** The id without its index, to compare with the positions of `PositionBounds`. */
  positionOf(row: number): string;
  /** A record, of a block that has it as a whole: of others the rows tell. */
  recordOf?(row: number): PreparedRecord;
  /** The row of a record's id; undefined if this block does not hold it. */
  rowOf(id: string): number | undefined;
  /** The rows that were committed within bounds. */
  rowsWithin(bounds: PositionBounds): RowMask | "all";
  /**
   * Reads and decompresses the records. Reads asked for in the same turn go to the store together.
   * If the block was merged into another meanwhile they come from there: then there may be fewer
   * than the header says, and `idOf`, `positionOf`, `rowOf` and `rowsWithin` speak of those.
   * @returns undefined if the block has been dropped since.
   * @throws DamagedBlockError for bytes that are not a block; ServiceError if the store fails.
   */
  read(): Promise<BlockRows | undefined>;
}

/** What makes records vanish: those that match, lie in the times, and were committed up to a position. */
export interface Tombstone {
  readonly id: string;
  readonly namespace: string;
  /** As `ClearRequest.filter`. */
  readonly filter: string;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** A position for each lane; a lane that is not named has nothing to leave out. */
  readonly upTo: readonly string[];
  readonly createdMs: number;
  readonly by: string;
}

export interface ClearRequest {
  readonly namespace: string;
  /** A filter as JSON, which the store keeps and does not read; "" for every record. */
  readonly filter: string;
  /** The first timestamp that counts, in milliseconds. */
  readonly fromMs?: number | undefined;
  /** The first timestamp that no longer counts. */
  readonly toMs?: number | undefined;
  /** Who asked, for the audit. */
  readonly by: string;
}

/** Reads a tombstone's filter, for the store that merges: 1 for each row that it covers. */
export type CompileTombstone = (filter: string) => (rows: BlockRows) => RowMask;

export interface MergeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Puts together also what would be worth it only once more has come. */
  readonly eager?: boolean | undefined;
}

export interface Merged {
  /** Blocks that were put together, and what they became. */
  readonly blocks: number;
  readonly into: number;
  readonly records: number;
  /** Records that clearing took out on the way. */
  readonly cleared: number;
  /** Whether another step at once would find work. */
  readonly more: boolean;
}

export interface NamespaceInfo {
  readonly name: string;
  readonly records: number;
  /** About what the namespace's blocks take in the store, compressed, with their token filters. */
  readonly bytes: number;
  /** Timestamps of records, RFC 3339; undefined while the namespace is empty. */
  readonly oldest: string | undefined;
  readonly newest: string | undefined;
  /** Blocks as small writes came in, and those that were merged or came in large. */
  readonly small: BlockCount;
  readonly large: BlockCount;
  /** Of the small ones, those in lanes that have enough of them to be merged. */
  readonly debt: BlockCount;
  /** Clearings that still have something to take out. */
  readonly tombstones: number;
}

export interface BlockCount {
  readonly blocks: number;
  readonly records: number;
}

export interface RetentionPolicy {
  /** Keep what was received within this time. */
  readonly ageMs?: number | undefined;
  /** Keep at most so many compressed bytes, all namespaces together: what holds most gives first. */
  readonly bytes?: number | undefined;
  /** Limits of single namespaces: an age takes the place of the one above, bytes come on top. */
  readonly namespaces?:
    | Readonly<Record<string, Pick<RetentionPolicy, "ageMs" | "bytes">>>
    | undefined;
  /** Trim once so much of the store's memory is used, above 0 and up to 1; a store without a limit never is. */
  readonly watermark?: number | undefined;
}

export type RetentionReason = "age" | "bytes" | "memory" | "cleared";

export interface Retained extends Dropped {
  /** The same by namespace and reason. */
  readonly by: readonly (Dropped & {
    readonly namespace: string;
    readonly reason: RetentionReason;
  })[];
}

export interface Dropped {
  readonly blocks: number;
  readonly records: number;
  readonly bytes: number;
}

/** What work on stored blocks this process did, and what it saw left to do. */
export interface WorkStats {
  /** Small blocks that wait to be put together, and their records. */
  readonly mergeDebt: { readonly records: number; readonly blocks: number };
  readonly merged: Omit<Merged, "more">;
  /** Clearings under way. */
  readonly tombstones: number;
  readonly dropped: Retained["by"];
}

export type StoreHealth = (
  | { readonly ready: true; readonly durability: Durability }
  | { readonly ready: false; readonly code: ErrorCode; readonly reason: string }
) & {
  /** What the servers said of themselves, as far as they could be asked. */
  readonly servers?: readonly ServerState[] | undefined;
};

/** One server of the store, as it describes itself; text that it does not tell is "". */
export interface ServerState {
  /** `host:port`. */
  readonly address: string;
  /** Name and version: `redis 7.4.2`, `valkey 8.1.1`. */
  readonly version: string;
  readonly role: string;
  readonly usedBytes: number;
  /** Of them, what the data takes. */
  readonly dataBytes: number;
  /** 0 for no limit. */
  readonly maxBytes: number;
  readonly policy: string;
  readonly durability: Durability;
  /** Whether its append-only file could be written and rewritten when last tried. */
  readonly fileOk: boolean;
  readonly replicas: number;
}

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
  /** Headers and token filters that this process holds, in bytes. */
  readonly headerBytes: number;
  readonly tokenBytes: number;
  /** Undefined for a store that has no such work. */
  readonly work?: WorkStats | undefined;
}
