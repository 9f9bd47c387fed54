import { readTraceparent } from "@neurallog/client/shared";

/** What the log service takes as a record's trace, and nothing that ends a header. */
const TRACE_ID = /^[\x21-\x7e]{1,128}$/;

/** Of headers: `X-Trace-ID`, else `traceparent`. */
export function traceOfHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): string | undefined {
  const named = headers["x-trace-id"];
  if (typeof named === "string" && TRACE_ID.test(named)) return named;
  return readTraceparent(headers["traceparent"])?.traceId;
}

/** Of a message's `_meta`, where the specification keeps `traceparent`. */
export function traceOfMeta(meta: Readonly<Record<string, unknown>>): string | undefined {
  return readTraceparent(meta["traceparent"])?.traceId;
}
