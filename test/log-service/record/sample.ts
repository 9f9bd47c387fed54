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
