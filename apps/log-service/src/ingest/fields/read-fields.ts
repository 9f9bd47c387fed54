import { isUtf8 } from "node:buffer";

import { Clock, longNumbers, recordOfFields, zoneOf } from "@neurallog/formats";

import { INGEST_LIMITS, RECORD_LIMITS } from "../../limits.ts";
import { inspectValue } from "../../record/inspect.ts";
import { scanJson } from "../../record/json-scan.ts";
import { normalize, type NormalizeContext, type Rejection } from "../../record/normalize.ts";
import { isObject, type JsonValue, type PreparedRecord } from "../../record/record.ts";
import { RecordProblem } from "../record-problem.ts";
import { scanProblem } from "../scan-problem.ts";

export type Fields = { readonly [key: string]: JsonValue };

/** Times without a zone are UTC: a sender's zone is not known here. */
const UTC = zoneOf("UTC");

/** What turns dates as programs write them into instants; one for each request. */
export function clockOf(context: NormalizeContext): Clock {
  return new Clock({ zone: UTC, reference: context.received });
}

/**
 * One JSON object out of a body, with no word yet on what its fields mean.
 * @throws RecordProblem when it is none, names a key twice, or is larger or deeper than a record may be.
 */
export function parseFields(bytes: Buffer, start: number, end: number): Fields {
  if (end - start > INGEST_LIMITS.recordBytes) {
    throw new RecordProblem(
      "NL_RECORD_TOO_LARGE",
      `the record is longer than ${INGEST_LIMITS.recordBytes} bytes`,
    );
  }
  if (!isUtf8(bytes.subarray(start, end))) {
    throw new RecordProblem("NL_RECORD_NOT_UTF8", "the record is not UTF-8");
  }
  const members = scanJson(bytes, start, end, RECORD_LIMITS.depth);
  const problem = scanProblem(members);
  if (problem !== undefined) throw new RecordProblem(problem.code, problem.message);
  const value = parse(bytes.toString("utf8", start, end));
  if (!isFields(value)) {
    throw new RecordProblem("NL_RECORD_NOT_AN_OBJECT", "a record is a JSON object");
  }
  const found = inspectValue(value, 0);
  if (found < 0) {
    throw new RecordProblem("NL_RECORD_FORBIDDEN_KEY", "a key of the record is not allowed");
  }
  if (found !== members) {
    throw new RecordProblem("NL_RECORD_DUPLICATE_KEY", "the record names a key twice");
  }
  return value;
}

/**
 * A record of any program: the names that logging libraries use go to the fields that they mean,
 * everything else is metadata under its own name.
 * @param raw What the message is where no field is one.
 */
export function readFields(
  fields: Fields,
  raw: string,
  context: NormalizeContext,
  clock: Clock,
): PreparedRecord | Rejection {
  return normalize(recordOfFields(fields, raw, clock), context);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, longNumbers(text));
  } catch {
    throw new RecordProblem("NL_RECORD_NOT_JSON", "the record is not JSON");
  }
}

function isFields(value: unknown): value is Fields {
  return isObject(value);
}
