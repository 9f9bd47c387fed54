import type { PreparedRecord } from "../record/record.ts";

/**
 * Where records are kept for longer than in the hot store, which is its buffer. Archives differ in
 * what they survive and how fast they are, never in what these calls mean:
 * `test/log-service/archive/conformance.ts` holds all of them to it. Failures are `ServiceError`
 * with NL_ARCHIVE_UNAVAILABLE.
 *
 * Ids and positions are the store's (`store/position.ts`): an archived record keeps its id, and the
 * text order of ids within a lane is the order in which they were committed.
 */
export interface ArchivedRecord {
  readonly id: string;
  readonly record: PreparedRecord;
}

export interface ArchivePage {
  readonly records: readonly ArchivedRecord[];
  /** False only if nothing comes behind them. */
  readonly more: boolean;
}

/** Asks; never changes anything. */
export interface ArchiveReader {
  /**
   * Records that may match, by (timestamp, id) in the order asked for: every one that does, and
   * perhaps others: whoever asks tests each. They mean what they meant when they came; the text of
   * `tags` and `metadata` is as `JSON.stringify` writes it, with keys in an order of the archive's own.
   */
  read(query: ArchiveQuery): Promise<ArchivePage>;

  /**
   * Counts of exactly what matches, for a query whose condition says all that it has to: see
   * `isExact`. Nothing for groups that hold nothing.
   * @returns undefined if there are more groups than `limit`.
   */
  tally(query: TallyQuery): Promise<readonly Tally[] | undefined>;

  /** The last position that is in the archive, of each of its lanes; empty for a new archive. */
  positions(): Promise<readonly LanePosition[]>;

  /** What it holds, and what it refused or passed over so far. */
  stats(): Promise<ArchiveStats>;

  close(): Promise<void>;
}

/** Writes; `ArchiveHold` does what only one process at a time may do. */
export interface ArchiveWriter {
  /**
   * Becomes the one that moves records, for as long as the answer is not let go of and its
   * connection lasts: what another one had under way then can no longer be committed.
   * @returns undefined while another process is.
   */
  hold(): Promise<ArchiveHold | undefined>;

  /**
   * Keeps records that come here directly and not through the hot store: all of them or, if it
   * rejects, none. They get ids in a lane of the archive's own, and are found by the next read.
   * @returns Their ids, in order.
   * @throws ServiceError NL_ARCHIVE_UNCERTAIN if nobody can say whether they were kept; with a key of
   * the caller's NL_ARCHIVE_UNAVAILABLE, as storing them again harms nothing then.
   * NL_IDEMPOTENCY_MISMATCH if the key was used for another number of records.
   */
  storeDirectly(
    namespace: string,
    records: readonly PreparedRecord[],
    options?: DirectOptions,
  ): Promise<readonly string[]>;

  close(): Promise<void>;
}

export interface DirectOptions {
  /**
   * Of the namespace's own: records that come under it again, within an hour, are not kept again, and
   * have the ids of the first time. Without one two calls keep two batches.
   */
  readonly idempotencyKey?: string | undefined;
}

export interface ArchiveHold {
  /** As `ArchiveReader.positions`, with nothing under way: where moving goes on. */
  positions(): Promise<readonly LanePosition[]>;

  /**
   * Keeps the records and moves their lanes' positions in one transaction, so that whatever ends it
   * in between neither loses nor doubles any. A record that the archive cannot take is put aside
   * with the reason, and counts as moved. The next call need not wait for this one: they take effect in
   * their order, and what was called behind one that fails, before it did, fails with it.
   * @throws ServiceError NL_ARCHIVE_POSITION if a lane does not stand where a part says.
   */
  move(parts: readonly LaneMove[]): Promise<Moved>;

  /**
   * Takes out what a clearing covers, whenever it was archived.
   * @param covers The condition of `query` has to let all of them through.
   * @returns How many went.
   */
  clear(query: ClearQuery, covers: Covers): Promise<number>;

  /**
   * Makes room for what is received in the days to come, and drops what was received too long ago.
   * Other calls need not wait for it, and that it fails says nothing of them.
   */
  tend(policy: ArchivePolicy, nowMs: number): Promise<Tended>;

  release(): Promise<void>;
}

/** Told of records that a clearing may cover; 1 for each that it does. */
export type Covers = (records: readonly ArchivedRecord[]) => Uint8Array | Promise<Uint8Array>;

export interface LanePosition {
  readonly namespace: string;
  /** A record's position in its lane, without its index: the last that was moved or passed over. */
  readonly position: string;
  /**
   * Records that were committed to the lane up to there, as `LaneMove.committed` said; 0 for a lane of
   * the archive's own.
   */
  readonly committed: number;
}

/** What moves of one lane. */
export interface LaneMove {
  readonly namespace: string;
  /** Where the lane stood; undefined for a new one. */
  readonly from: string | undefined;
  /** Where it stands afterwards. */
  readonly to: string;
  /** Records that were ever committed to the lane up to `to`: what tells later how many are missing. */
  readonly committed: number;
  /** In commit order, all of one lane, behind `from` and up to `to`. */
  readonly records: readonly ArchivedRecord[];
  readonly skipped: Skipped;
}

/** Records that will never be archived. */
export interface Skipped {
  /** Too many waited. */
  readonly overflow: number;
  /** Retention dropped them before they were moved. */
  readonly retention: number;
  /** Their block could not be read. */
  readonly damaged: number;
}

export const NONE_SKIPPED: Skipped = { overflow: 0, retention: 0, damaged: 0 };

export function addSkipped(a: Skipped, b: Skipped): Skipped {
  return {
    overflow: a.overflow + b.overflow,
    retention: a.retention + b.retention,
    damaged: a.damaged + b.damaged,
  };
}

export interface Moved {
  readonly stored: number;
  readonly quarantined: readonly { readonly id: string; readonly reason: string }[];
}

export interface ArchivePolicy {
  /** Keep what was received within this time; undefined for everything. */
  readonly ageMs: number | undefined;
}

export interface Tended {
  readonly made: number;
  /** The oldest first, and never many at once: see `ARCHIVE_LIMITS.daysDropped`. */
  readonly dropped: readonly { readonly day: string; readonly records: number }[];
  readonly troubles: readonly TendTrouble[];
}

export const TEND_TROUBLES = ["tending", "kept", "held", "clock"] as const;

/**
 * What is not as it should be: `tending`, a part that failed, and the others were gone on with; `kept`, a
 * day that somebody took out to keep it, whose records lie apart; `held`, days that are due and not
 * dropped yet; `clock`, one that is ahead of the database's.
 */
export interface TendTrouble {
  readonly kind: (typeof TEND_TROUBLES)[number];
  readonly reason: string;
}

/** A moment to the nanosecond; `nanos` are those below the millisecond. */
export interface Instant {
  readonly ms: number;
  readonly nanos: number;
}

export interface RecordKey extends Instant {
  readonly id: string;
}

/** What is asked about; every part narrows it. */
export interface ArchiveSelection {
  readonly namespaces:
    | { readonly only: readonly string[] }
    | { readonly except: readonly string[] };
  /** The first timestamp that counts, and the first that no longer does. */
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly condition: Condition;
  /**
   * Ids that are left out: from the first of a pair on, up to but without the second. Those that the
   * hot store answers for, one range for each of its lanes.
   */
  readonly without?: readonly IdRange[] | undefined;
  /** Only ids in these ranges, if given. */
  readonly within?: readonly IdRange[] | undefined;
}

export type IdRange = readonly [first: string, end: string];

export interface ArchiveQuery extends ArchiveSelection {
  readonly order: "asc" | "desc";
  /** Only what comes behind it in the order. */
  readonly behind?: RecordKey | undefined;
  readonly limit: number;
  /** About this much text in UTF-16 units ends the page early, behind at least one record. */
  readonly units?: number | undefined;
  /** Ends the work early, when nobody waits for it any more. */
  readonly signal?: AbortSignal | undefined;
}

export interface TallyQuery extends ArchiveSelection {
  /** One group for each value of these together; a time by the start of its bucket. */
  readonly by: readonly TallyKey[];
  /** Groups at most: records may have as many sources as there are records. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

export type TallyKey = "level" | "source" | "namespace" | BucketKey;

export interface BucketKey {
  readonly bucketMs: number;
  /** A bucket has its end and not its start, as windows of time series do. */
  readonly isEndIn?: boolean | undefined;
}

export interface Tally {
  /** In the order of `by`: a level's index, a source or namespace, a bucket's start in milliseconds. */
  readonly keys: readonly (string | number)[];
  readonly count: number;
  /** Timestamps of the first and last of them. */
  readonly first: Instant;
  readonly last: Instant;
}

export type ClearQuery = Pick<ArchiveSelection, "namespaces" | "from" | "to" | "condition"> & {
  /** Ranges of ids that it may cover. */
  readonly within: readonly IdRange[];
  /** In lanes that `within` does not name: what was received up to then. */
  readonly receivedUntilMs: number;
};

/**
 * What a record has to be. A condition may let more through than was meant, where an archive has no
 * better way; all but `word` and `contains` are exact (see `isExact`).
 */
export type Condition =
  | { readonly kind: "all"; readonly of: readonly Condition[] }
  | { readonly kind: "any"; readonly of: readonly Condition[] }
  /** Indexes of `LEVELS`. */
  | { readonly kind: "level"; readonly levels: readonly number[] }
  | {
      readonly kind: "is";
      readonly field: "id" | "source" | "trace_id" | "span_id" | "namespace";
      readonly values: readonly string[];
    }
  | { readonly kind: "received"; readonly fromMs?: number; readonly toMs?: number }
  /** A whole word of the message as `block/tokens.ts` makes them, or only its beginning. */
  | { readonly kind: "word"; readonly text: string; readonly isPrefix: boolean }
  /** The message holds this text anywhere. */
  | { readonly kind: "contains"; readonly text: string; readonly ignoreCase: boolean }
  /** The value at this path of the metadata is, or holds among its elements, this one. */
  | {
      readonly kind: "metadata";
      readonly path: readonly string[];
      readonly value: string | number | boolean;
    };

export interface ArchiveStats {
  readonly namespaces: readonly {
    readonly name: string;
    /** Estimates where counting would read everything. */
    readonly records: number;
    readonly oldestMs: number | undefined;
    readonly newestMs: number | undefined;
  }[];
  readonly bytes: number;
  /** The days that there is a partition for, oldest first, as `2026-11-21`. */
  readonly days: readonly string[];
  readonly quarantined: number;
  readonly skipped: Skipped;
  /** When the archive last took records, milliseconds since the epoch. */
  readonly lastMoveMs: number | undefined;
}
