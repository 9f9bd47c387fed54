const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[\x21-\x7e]{0,200})?$/;
/** What the log service takes as a record's trace, and nothing that ends a header. */
const TRACE_ID = /^[\x21-\x7e]{1,128}$/;

/** The trace's id in a W3C `traceparent`; undefined for what is none. */
export function readTraceparent(text: unknown): string | undefined {
  return typeof text === "string" ? TRACEPARENT.exec(text)?.[1] : undefined;
}

/** Of headers: `X-Trace-ID`, else `traceparent`. */
export function traceOfHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): string | undefined {
  const named = headers["x-trace-id"];
  if (typeof named === "string" && TRACE_ID.test(named)) return named;
  return readTraceparent(headers["traceparent"]);
}

/** Of a message's `_meta`, where the specification keeps `traceparent`. */
export function traceOfMeta(meta: Readonly<Record<string, unknown>>): string | undefined {
  return readTraceparent(meta["traceparent"]);
}
