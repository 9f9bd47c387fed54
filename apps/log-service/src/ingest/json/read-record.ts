import { isAscii, isUtf8 } from "node:buffer";

import { INGEST_LIMITS, RECORD_LIMITS } from "../../limits.ts";
import { scanJson } from "../../record/json-scan.ts";
import { normalize, type NormalizeContext, type Rejection } from "../../record/normalize.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { scanProblem } from "../scan-problem.ts";

/** Reads one record's JSON out of a body. Made once for a body, so that each record pays only for itself. */
export class RecordReader {
  readonly #bytes: Buffer;
  readonly #context: NormalizeContext;
  // Slices of one decoded text cost less than decoding each record; only ASCII has byte offsets.
  readonly #ascii: string | undefined;
  readonly #wholeIsUtf8: boolean;

  constructor(bytes: Buffer, context: NormalizeContext) {
    this.#bytes = bytes;
    this.#context = context;
    this.#ascii = isAscii(bytes) ? bytes.toString("latin1") : undefined;
    this.#wholeIsUtf8 = this.#ascii !== undefined || isUtf8(bytes);
  }

  /** The record between two byte offsets, or why it is none. Never throws. */
  read(start: number, end: number): PreparedRecord | Rejection {
    if (end - start > INGEST_LIMITS.recordBytes) {
      return {
        code: "NL_RECORD_TOO_LARGE",
        message: `the record is longer than ${INGEST_LIMITS.recordBytes} bytes`,
      };
    }
    // TextDecoder would replace wrong bytes silently, and what is stored would not be what was sent.
    if (!this.#wholeIsUtf8 && !isUtf8(this.#bytes.subarray(start, end))) {
      return { code: "NL_RECORD_NOT_UTF8", message: "the record is not UTF-8" };
    }
    const members = scanJson(this.#bytes, start, end, RECORD_LIMITS.depth);
    const problem = scanProblem(members);
    if (problem !== undefined) return problem;
    let value: unknown;
    try {
      value = JSON.parse(
        this.#ascii?.slice(start, end) ?? this.#bytes.toString("utf8", start, end),
      );
    } catch {
      // The parser's message quotes the text, which may hold what nobody should see in an error.
      return { code: "NL_RECORD_NOT_JSON", message: "the record is not JSON" };
    }
    return normalize(value, this.#context, members);
  }
}
