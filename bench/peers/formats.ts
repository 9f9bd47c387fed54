import type { BenchRecord } from "../ingest/records.ts";

/** How a store wants its batches; the same records in each. */
export type Format = "ndjson" | "loki" | "elasticsearch";

export function writeBatch(format: Format, records: readonly BenchRecord[]): string {
  switch (format) {
    case "ndjson":
      return records.map((record) => JSON.stringify(record)).join("\n");
    case "elasticsearch":
      return records
        .map(
          ({ timestamp, ...rest }) =>
            `{"create":{}}\n${JSON.stringify({ "@timestamp": timestamp, ...rest })}\n`,
        )
        .join("");
    case "loki":
      return JSON.stringify({ streams: lokiStreams(records) });
  }
}

/** A stream for each source and level; what differs from record to record is structured metadata. */
function lokiStreams(records: readonly BenchRecord[]): unknown[] {
  const streams = new Map<string, { stream: Record<string, string>; values: unknown[] }>();
  for (const { timestamp, level, message, source, trace_id, metadata } of records) {
    const key = `${source} ${level}`;
    const stream = streams.get(key) ?? { stream: { source, level }, values: [] };
    streams.set(key, stream);
    const extra = {
      trace_id,
      user_id: String(metadata.user_id),
      host: metadata.host,
      ms: String(metadata.ms),
    };
    stream.values.push([`${Date.parse(timestamp)}000000`, message, extra]);
  }
  return [...streams.values()];
}
