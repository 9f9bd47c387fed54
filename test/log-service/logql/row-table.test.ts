import fc from "fast-check";
import { expect, test } from "vitest";

import { encodeBlock } from "../../../apps/log-service/src/block/encode.ts";
import { readHeader } from "../../../apps/log-service/src/block/header.ts";
import { openBlock, sealBlock } from "../../../apps/log-service/src/block/seal.ts";
import { RowTable } from "../../../apps/log-service/src/logql/row-table.ts";
import { Streams } from "../../../apps/log-service/src/logql/streams.ts";
import type { JsonValue, PreparedRecord } from "../../../apps/log-service/src/record/record.ts";

const keys = ["labels", "a", "a.b", "a_b", "b", "level", "é", "1", "labels_a"];
const ids = ["trace_id", "trace", "id", "trace_id_extracted"];
const key = fc.constantFrom(...keys, ...ids);
const text = fc.constantFrom("", "x", "y", "12", "é");
const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.constantFrom<JsonValue>(7, 1.5, true, null, ["x"]),
    fc.dictionary(key, tie("value"), { maxKeys: 3 }),
  ),
}));
const metadata = fc.oneof(
  fc.constant(""),
  fc
    .record(
      {
        labels: fc.oneof(fc.dictionary(key, text, { maxKeys: 3 }), value),
        a: value,
        b: value,
        trace: value,
        trace_id: value,
      },
      { requiredKeys: [] },
    )
    .map((object) => JSON.stringify(object)),
);
const record: fc.Arbitrary<PreparedRecord> = fc.record({
  namespace: fc.constant("default"),
  ms: fc.constant(1_767_300_000_000),
  nanos: fc.integer({ min: 0, max: 999_999 }),
  digits: fc.constant(9),
  received: fc.constant(1_767_300_000_001),
  level: fc.integer({ min: 0, max: 5 }),
  message: text,
  source: fc.constantFrom("", "web", "db"),
  traceId: fc.constantFrom("", "t1"),
  spanId: fc.constantFrom("", "s1"),
  tags: fc.constantFrom("", '["x","y"]'),
  metadata,
});

test("a row read by column is the line that its record is, label for label", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 30 }), async (records) => {
      const { header, body } = await sealBlock(encodeBlock(records));
      const rows = await openBlock("default", readHeader(header), body);
      const streams = new Streams(false);
      const table = new RowTable(streams, rows);
      for (const [row, each] of records.entries()) {
        const [found, wanted] = [table.entryOf(row), streams.entryOf(each)];
        expect(found.stream.labels).toEqual(wanted.stream.labels);
        expect([found.line, found.time]).toEqual([wanted.line, wanted.time]);
        expect(found.names()).toEqual(wanted.names());
        const names = [...wanted.names(), "a_a", "labels_b", "trace_id", "nothing", "__error__"];
        for (const name of names) expect([name, found.get(name)]).toEqual([name, wanted.get(name)]);
      }
    }),
    { numRuns: 300 },
  );
});
