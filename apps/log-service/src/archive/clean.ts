import { cleanJson, cleanText } from "../record/text.ts";
import type { JsonValue, PreparedRecord } from "../record/record.ts";

/**
 * A record as a database can hold it: NUL and lone surrogates become U+FFFD, in JSON also where
 * they are written as escapes. Records of our own doors are so already, and come back as they are.
 */
export function cleanRecord(record: PreparedRecord): PreparedRecord {
  const message = cleanText(record.message);
  const source = cleanText(record.source);
  const traceId = cleanText(record.traceId);
  const spanId = cleanText(record.spanId);
  const tags = cleanJsonText(record.tags);
  const metadata = cleanJsonText(record.metadata);
  if (
    message === record.message &&
    source === record.source &&
    traceId === record.traceId &&
    spanId === record.spanId &&
    tags === record.tags &&
    metadata === record.metadata
  ) {
    return record;
  }
  return { ...record, message, source, traceId, spanId, tags, metadata };
}

/**
 * An escape that may stand for NUL or half a pair, or a number that is no double: more digits, or a
 * larger exponent. Doubles have one text each, so that equal numbers are found by it.
 */
const SUSPECT = /\\u(?:0000|[dD][89a-fA-F])|\d[\d.]{15}|\d[eE][+-]?\d{3}|[\0\ud800-\udfff]/;

function cleanJsonText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  const value: JsonValue = JSON.parse(cleanText(text));
  return cleanJson(value);
}
