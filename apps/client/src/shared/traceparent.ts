/** A W3C `traceparent` has 55 characters; later versions may have more behind them. */
const MOST_UNITS = 256;
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-[\x21-\x7e]*)?$/;

/** What a W3C `traceparent` names. */
export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
}

/**
 * Reads a W3C `traceparent`, of this version or a later one, by the log service's rule: what one program takes for a
 * trace and the next one does not would tear the trace apart.
 * @returns undefined for what is none
 */
export function readTraceparent(text: unknown): TraceParent | undefined {
  if (typeof text !== "string" || text.length > MOST_UNITS) return undefined;
  const [, version, traceId = "", spanId = "", more] = TRACEPARENT.exec(text) ?? [];
  // Later versions may have more to say; this one has not.
  if (version === undefined || (version === "00" && more !== undefined)) return undefined;
  return { traceId, spanId };
}
