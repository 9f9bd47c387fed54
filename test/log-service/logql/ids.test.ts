import fc from "fast-check";
import { expect, test } from "vitest";

import { engineWith, streams, type Line } from "./support.ts";

const TIME = 1_767_300_000_000_000_000n;
const range = { start: String(TIME), end: String(TIME + 1_000_000_000n), limit: "100" };

/** Longer than the field of a record is. */
const LONG = "x".repeat(200);
const id = fc.constantFrom("a", "b", LONG);
const idsBy = (...names: readonly string[]) =>
  fc.dictionary(fc.constantFrom(...names), id, { maxKeys: names.length });

const lines: fc.Arbitrary<readonly Line[]> = fc.array(
  fc.record({
    labels: idsBy("trace_id", "traceID", "span_id").map((ids) => ({ app: "web", ...ids })),
    structured: idsBy("trace_id", "traceId", "span_id", "spanId"),
    time: fc.bigInt({ min: 0n, max: 999_999n }).map((nanos) => TIME + nanos),
    line: fc.constant("paid"),
  }),
  { maxLength: 30 },
);

test("an id is found on the lines that show it, wherever it came from", async () => {
  await fc.assert(
    fc.asyncProperty(
      lines,
      fc.constantFrom("trace_id", "span_id"),
      fc.oneof(
        id,
        fc.tuple(id, id).map((ids) => ids.join("|")),
      ),
      async (all, name, wanted) => {
        const engine = await engineWith(all);
        const shown = await streams(engine, { ...range, query: "{}" });
        const having = shown.filter(({ stream }) => wanted.split("|").includes(stream[name] ?? ""));
        const query = `{} | ${name}${wanted.includes("|") ? "=~" : "="}"${wanted}"`;
        const found = await streams(engine, { ...range, query });
        expect(countOf(found)).toBe(countOf(having));
      },
    ),
    { numRuns: 200 },
  );
});

test("a second id of a line gets a name of its own", async () => {
  const engine = await engineWith([
    {
      labels: { app: "web", traceID: "one" },
      structured: { trace_id: "two", span_id: LONG },
      time: TIME,
      line: "paid",
    },
  ]);
  const [found] = await streams(engine, { ...range, query: '{} | trace_id="one"' });
  expect(found?.stream).toMatchObject({
    trace_id: "one",
    trace_id_extracted: "two",
    span_id_extracted: LONG,
  });
});

function countOf(found: readonly { readonly values: readonly unknown[] }[]): number {
  return found.reduce((sum, { values }) => sum + values.length, 0);
}
