import type { Level } from "./level.ts";

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Whether a value of JSON is an object, which to JavaScript arrays and null are as well. */
export function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A stored record as callers see it. */
export interface LogRecord {
  /** Its commit position: stable for ever, and sortable as text within its namespace. */
  readonly id: string;
  /** RFC 3339 in UTC, with as many fractional digits as the sender gave. */
  readonly timestamp: string;
  /** When this service got it, RFC 3339 in UTC with milliseconds. */
  readonly received: string;
  readonly level: Level;
  readonly message: string;
  readonly source?: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly tags?: readonly string[];
  readonly metadata?: { readonly [key: string]: JsonValue };
  readonly namespace: string;
}

/**
 * A checked record on its way into a block. Every object has all fields in the same order, absent
 * text being "", so that the hot path stays on one hidden class. No text holds a NUL (which
 * separates texts in a block) or a lone surrogate (which UTF-8 and PostgreSQL have no form for).
 */
export interface PreparedRecord {
  readonly namespace: string;
  readonly ms: number;
  readonly nanos: number;
  readonly digits: number;
  /** Milliseconds since the epoch, of this service's clock. */
  readonly received: number;
  /** Index in `LEVELS`. */
  readonly level: number;
  readonly message: string;
  readonly source: string;
  readonly traceId: string;
  readonly spanId: string;
  /** JSON text of an array of strings, or "". */
  readonly tags: string;
  /** JSON text of an object, or "". */
  readonly metadata: string;
}

/** UTF-16 units of a record's text: what queues and blocks are bounded by. */
export function unitsOf(record: PreparedRecord): number {
  return (
    record.message.length +
    record.source.length +
    record.traceId.length +
    record.spanId.length +
    record.tags.length +
    record.metadata.length
  );
}
