import { tokensOf } from "../../apps/log-service/src/block/tokens.ts";
import { LEVELS } from "../../apps/log-service/src/record/level.ts";
import type { PreparedRecord } from "../../apps/log-service/src/record/record.ts";
import { readShapes, recordMaker } from "../ingest/records.ts";

/** Makes records that were received evenly over `spanMs` up to `endMs`, `rows` of them. */
export function preparedMaker(rows: number, spanMs: number, endMs: number): () => PreparedRecord {
  const make = recordMaker(readShapes(undefined), 11);
  let number = 0;
  return () => {
    const { level, message, source, trace_id, metadata } = make();
    const received = Math.floor(endMs - spanMs + (spanMs * number) / rows);
    number += 1;
    return {
      namespace: "bench",
      ms: received - (number % 7) * 100,
      nanos: 0,
      digits: 3,
      received,
      level: LEVELS.findIndex((name) => name === level),
      message,
      source,
      traceId: trace_id,
      spanId: "",
      tags: "",
      metadata: JSON.stringify(metadata),
    };
  };
}

/** The word of a message that the fewest others are likely to have. */
export function longestToken(message: string): string {
  return tokensOf(message).reduce((a, b) => (b.length > a.length ? b : a), "");
}
