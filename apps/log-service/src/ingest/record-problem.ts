import type { ErrorCode } from "../errors.ts";
import type { Rejection } from "../record/normalize.ts";
import type { PreparedRecord } from "../record/record.ts";

/** Why one record was not taken, thrown where that is found out far below the record. */
export class RecordProblem extends Error {
  override readonly name = "RecordProblem";
  readonly code: ErrorCode;

  /** @param message Goes out to the caller as it stands: it never quotes the record. */
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A record, or the problem that reading it threw. @throws what is no RecordProblem. */
export function orRejection(read: () => PreparedRecord): PreparedRecord | Rejection {
  try {
    return read();
  } catch (error) {
    if (error instanceof RecordProblem) return { code: error.code, message: error.message };
    throw error;
  }
}
