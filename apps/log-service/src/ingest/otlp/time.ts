import { RECORD_LIMITS } from "../../limits.ts";
import { isObject } from "../../record/record.ts";
import type { Instant } from "../../record/time.ts";
import { RecordProblem } from "../record-problem.ts";

/** 2^32 nanoseconds are so many milliseconds, and so many nanoseconds more. */
const HIGH_MS = 4_294;
const HIGH_NANOS = 967_296;
const NANOS = 1_000_000;

/**
 * Nanoseconds since the epoch, exactly: halves of 64 bits from protobuf, digits from JSON. Undefined
 * for 0, which means 'unknown'.
 * @throws RecordProblem when it is no such number, or an instant that records cannot have.
 */
export function readNanoseconds(value: unknown): Instant | undefined {
  if (value === undefined || value === null || value === 0) return undefined;
  const { ms, nanos } = isObject(value) ? fromHalves(value) : fromDigits(value);
  if (ms === 0 && nanos === 0) return undefined;
  if (ms < RECORD_LIMITS.earliestMs || ms > RECORD_LIMITS.latestMs) {
    throw new RecordProblem(
      "NL_RECORD_TIMESTAMP",
      "timeUnixNano is no instant between 1970 and 2262",
    );
  }
  return { ms, nanos, digits: nanos === 0 ? 3 : nanos % 1_000 === 0 ? 6 : 9 };
}

function fromHalves(value: { readonly [key: string]: unknown }) {
  const { low, high } = value;
  if (typeof low !== "number" || typeof high !== "number") throw notNanoseconds();
  // A product of the halves stays below 2^53 where the whole number would not.
  const upper = high >>> 0;
  const rest = upper * HIGH_NANOS + (low >>> 0);
  return { ms: upper * HIGH_MS + Math.floor(rest / NANOS), nanos: rest % NANOS };
}

function fromDigits(value: unknown) {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || !/^\d{1,20}$/.test(text)) throw notNanoseconds();
  return { ms: Number(text.slice(0, -6)), nanos: Number(text.slice(-6)) };
}

function notNanoseconds(): RecordProblem {
  return new RecordProblem("NL_RECORD_TIMESTAMP", "timeUnixNano is not a number of nanoseconds");
}
