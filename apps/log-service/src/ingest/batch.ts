import { ServiceError } from "../errors.ts";
import { INGEST_LIMITS } from "../limits.ts";
import type { Rejection } from "../record/normalize.ts";
import type { PreparedRecord } from "../record/record.ts";

export interface RejectedAt extends Rejection {
  /** Place in the batch, from 0; blank lines have no place. */
  readonly index: number;
}

/** What a protocol made of one request's bytes. */
export interface Batch {
  /** Records to store, in the batch's order. */
  readonly records: readonly PreparedRecord[];
  /** Each record's place in the batch. */
  readonly places: readonly number[];
  readonly rejected: readonly RejectedAt[];
  /** Records and rejections together. */
  readonly size: number;
}

/** Collects a batch record by record. */
export class BatchBuilder implements Batch {
  readonly records: PreparedRecord[] = [];
  readonly places: number[] = [];
  readonly rejected: RejectedAt[] = [];
  size = 0;

  add(outcome: PreparedRecord | Rejection): void {
    if ("code" in outcome) {
      this.rejected.push({ index: this.size, code: outcome.code, message: outcome.message });
    } else {
      this.records.push(outcome);
      this.places.push(this.size);
    }
    this.size += 1;
  }
}

/** @throws ServiceError when a batch has as many records as it may have. */
export function checkRoom({ size }: { readonly size: number }): void {
  if (size < INGEST_LIMITS.batchRecords) return;
  throw new ServiceError(
    "NL_BATCH_TOO_LONG",
    `A batch has at most ${INGEST_LIMITS.batchRecords} records; nothing of it was stored`,
  );
}
