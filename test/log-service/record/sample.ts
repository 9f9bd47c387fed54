import type { PreparedRecord } from "../../../apps/log-service/src/record/record.ts";

/** A prepared record with the given fields; the rest is plain. */
export function sampleRecord(fields: Partial<PreparedRecord> = {}): PreparedRecord {
  return {
    namespace: "default",
    ms: Date.UTC(2026, 0, 2, 3, 4, 5),
    nanos: 0,
    digits: 3,
    received: Date.UTC(2026, 0, 2, 3, 4, 6),
    level: 2,
    message: "a message",
    source: "",
    traceId: "",
    spanId: "",
    tags: "",
    metadata: "",
    ...fields,
  };
}

/** A record with something in every field, for what has to keep all of them. */
export function wholeRecord(): PreparedRecord {
  return sampleRecord({
    nanos: 123_456,
    digits: 9,
    level: 5,
    message: "line one\nline two \u{1F600} \uFFFD",
    source: "checkout",
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    spanId: "00f067aa0ba902b7",
    tags: '["a","b"]',
    metadata: '{"user":{"id":42}}',
  });
}
