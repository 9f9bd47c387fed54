import type { LogRecord } from "../../record/record.ts";
import type { Filter, Moment } from "../filter.ts";
import type { Order } from "../key.ts";
import type { AnswerOf, Question, QuestionKind, Scope } from "./questions.ts";
import type { Work } from "./work.ts";

export type { Scanned, Work } from "./work.ts";

/**
 * Answers questions about what is stored. One engine runs beside the store in the same thread
 * (`createLocalEngine`), one in a thread of its own (`createWorkerEngine`): to callers they are the
 * same. Tombstones are applied, limits on work end an answer early and never fail it.
 *
 * Failures are `ServiceError`: NL_CURSOR_INVALID, NL_PARAMETER_INVALID, NL_NOT_FOUND for what was
 * asked; NL_QUERY_BUSY when too many wait, NL_QUERY_FAILED when the thread died, and the store's. A
 * call whose signal fires rejects with the signal's reason at once; its work stops within a block.
 */
export interface QueryEngine {
  /** One question, answered with values. Parsing a long answer takes time on the calling thread. */
  ask<K extends QuestionKind>(
    question: Question & { readonly kind: K },
    signal?: AbortSignal,
  ): Promise<AnswerOf<K>>;

  /** The same, ready to send: the calling thread does nothing for each record. */
  answer(question: Question, format: AnswerFormat, signal?: AbortSignal): Promise<EncodedAnswer>;

  /**
   * Everything that matches, as NDJSON: see `ExportQuestion`. Each chunk is asked for when the one
   * before was taken, so that a slow reader slows the scan and memory stays as it is; each tells the
   * work so far. Ending the iteration early ends the work.
   */
  export(question: ExportQuestion, signal?: AbortSignal): AsyncIterable<EncodedAnswer>;

  /** Everything that matches, some hundred records at a time, under the same back-pressure. */
  records(question: RecordsQuestion, signal?: AbortSignal): AsyncIterable<readonly LogRecord[]>;

  /** Threads that ended by a fault so far. */
  readonly deaths: number;

  /**
   * Resolves if questions are being answered; asks for no data, and does not wait behind questions.
   * @throws ServiceError NL_QUERY_FAILED if the thread is gone, which starts it anew, or hangs.
   */
  check(): Promise<void>;

  /** Lets go of threads and connections; questions under way fail with NL_DRAINING. */
  close(): Promise<void>;
}

/** `ndjson`: a record, row, bucket or value a line, and one last line with what is said once. */
export type AnswerFormat = "json" | "ndjson";

export interface EncodedAnswer {
  readonly body: Uint8Array;
  readonly work: Work;
}

/** What to read as one stream. */
export interface RecordsQuestion {
  readonly scope: Scope;
  readonly filter: Filter;
  readonly from?: Moment | undefined;
  readonly to?: Moment | undefined;
  /** By timestamp, then id. */
  readonly order: Order;
  /** At most so many; all when left out. */
  readonly limit?: number | undefined;
}

/**
 * Lines of records and, last, one line `{"end":{"cursor":…,"records":n}}`, its cursor null after
 * everything. Every chunk before ends with `{"checkpoint":…}` of the same shape, so that a stream
 * that breaks can be gone on with. One that fails after its first chunk, as while the archive is away,
 * ends with `{"error":{"code":…,"message":…,"cursor":…,"records":n}}`: it never leaves anything out.
 */
export interface ExportQuestion extends RecordsQuestion {
  /** `cursor` of a line of an earlier export of the same question. */
  readonly cursor?: string | undefined;
  /** As of a `SearchQuestion`. */
  readonly nowMs?: number | undefined;
}
