import { readJson, readLines } from "../../../apps/log-service/src/ingest/json/read-body.ts";
import type { Batch } from "../../../apps/log-service/src/ingest/batch.ts";

const context = { namespace: "default", received: 1_700_000_000_000 };

export type Shape = "lines" | "array";

/** Records' JSON texts as one body of either shape. */
export function bodyOf(shape: Shape, texts: readonly (string | Buffer)[]): Buffer {
  const parts = texts.map((text) => Buffer.from(text));
  const [open, between, close] = shape === "lines" ? ["", "\n", ""] : ["[", ",", "]"];
  const chunks = parts.flatMap((part, at) => (at === 0 ? [part] : [Buffer.from(between), part]));
  return Buffer.concat([Buffer.from(open), ...chunks, Buffer.from(close)]);
}

export function read(shape: Shape, body: Buffer | string): Batch {
  const bytes = Buffer.from(body);
  return shape === "lines" ? readLines(bytes, context) : readJson(bytes, context);
}

export function codes(batch: Batch): (readonly [number, string])[] {
  return batch.rejected.map(({ index, code }) => [index, code] as const);
}

export function messages(batch: Batch): string[] {
  return batch.records.map(({ message }) => message);
}
