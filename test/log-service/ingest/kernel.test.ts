import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { encodeBlock, type RawBlock } from "../../../apps/log-service/src/block/encode.ts";
import { placesInLines, readLines } from "../../../apps/log-service/src/ingest/json/read-body.ts";
import { readColumns } from "../../../apps/log-service/src/ingest/json/read-columns.ts";
import { bodyOf } from "./support.ts";

const context = { namespace: "default", received: 1_700_000_000_000 };
const ROWS = 500;

/** What there is to compare of a block: bytes as text, so that a difference can be read. */
function shown({ summary, sections, tokenFilter }: RawBlock) {
  return {
    summary: { ...summary, traceFilter: hex(summary.traceFilter) },
    sections: sections.map(({ bytes, staysRaw }) => ({ bytes: hex(bytes), staysRaw })),
    tokenFilter: tokenFilter === undefined ? undefined : hex(tokenFilter),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The kernel's blocks of a body beside those that the builder makes of the same records. */
async function bothWays(texts: readonly string[]): Promise<{ made: object[]; expected: object[] }> {
  const body = bodyOf("lines", texts);
  const { blocks, rejected } = await readColumns(body, placesInLines(body), context);
  const { records } = readLines(body, context);
  const expected: object[] = [];
  let first = 0;
  for (const { block } of blocks) {
    const mine = records.slice(first, first + block.summary.records);
    expected.push(shown(encodeBlock(mine)));
    first += mine.length;
  }
  return { made: [...blocks.map(({ block }) => shown(block)), ...rejected], expected };
}

const line = (row: number, fields: object = {}): string =>
  JSON.stringify({
    timestamp: new Date(1_767_323_045_000 + row * 37).toISOString(),
    message: `user ${row % 7} took ${row * 13} ms at 10.0.${row % 5}.${row % 250} for ab${row}cd`,
    ...fields,
  });

const lines = (count: number, fields: (row: number) => object): string[] =>
  Array.from({ length: count }, (_, row) => line(row, fields(row)));

const CASES: Record<string, string[]> = {
  "usual records": lines(1_000, (row) => ({
    level: ["INFO", "warn", "Error"][row % 3],
    source: `service-${row % 9}`,
    trace_id: `0af7651916cd43dd8448eb211c8${10_000 + (row >> 2)}`,
    span_id: `b7ad6b71692${10_000 + row}`,
    metadata: {
      user: row * 7_919,
      host: `web-${row % 20}`,
      deep: { ok: row % 2 === 0, list: [row] },
    },
  })),
  "ids of every form": lines(900, (row) => ({
    trace_id: row < 300 ? "" : `6f1c2a9e-0b7d-4c11-9a51-${String(row).padStart(12, "0")}`,
    span_id: row % 2 === 0 ? `span ${row}` : "b7ad6b7169203331",
  })),
  "records that only objects can read": lines(700, (row) => ({
    tags: row > 20 ? [`tag ${row % 4}`, "x"] : [],
    data: row % 3 === 0 ? { "1": row, b: 1e21 } : { b: "\u0000" },
    level: row % 50 === 0 ? "\u0049NFO" : 30,
  })),
  "messages with escapes": lines(600, (row) => ({
    message: `say "${row}"\\ to\t\n user\u0001 é🦉 ${"\ud800"} ${row * 11}`,
  })),
  "more sources and minutes than a header lists": lines(600, (row) => ({
    source: `s${row % 130}`,
    timestamp: 1_767_323_045_000 + row * 61_000,
  })),
  "more shapes and columns than a block keeps": lines(1_200, (row) => ({
    data: { [`key_${row % 600}`]: row, same: row % 300, text: `v ${row}` },
  })),
  "more values than an object's columns may have": lines(520, (row) => ({
    data: Object.fromEntries(Array.from({ length: 70 }, (_, key) => [`k${key}`, row % (key + 1)])),
  })),
  "columns that are numbers until a text comes": lines(900, (row) => ({
    data: { n: row < 800 ? row * 1_000_003 : `x${row}`, m: row * 2 ** 33, w: row === 5 ? -1 : 1 },
  })),
  "more variables than a message's template may have": lines(510, (row) => ({
    message: Array.from({ length: 300 }, (_, at) => `v${row * at}`).join(" "),
  })),
  "templates that never come again": lines(800, (row) => ({
    message: Array.from({ length: 40 }, (_, at) => letters(row * 41 + at)).join("-"),
  })),
  "nanoseconds, and clocks that jump": lines(600, (row) => ({
    timestamp:
      row % 2 === 0
        ? `1767323045${String(row * 999_983).padStart(9, "0")}`
        : "1970-01-01T00:00:00.5Z",
  })),
  "more records than a block holds": lines(9_000, (row) => ({ source: `s${row % 3}` })),
};

function letters(value: number): string {
  return value.toString(26).replace(/[0-9]/g, (digit) => String.fromCharCode(112 + Number(digit)));
}

describe("the kernel makes the same blocks as the builder, byte for byte, of", () => {
  test.each(Object.keys(CASES))("%s", async (name) => {
    const { made, expected } = await bothWays(CASES[name] ?? []);
    expect(made).not.toEqual([]);
    expect(made).toEqual(expected);
  });

  test("any records, whatever it read before them", async () => {
    const value = fc.oneof(fc.string({ unit: "binary" }), fc.double({ noNaN: true }), fc.nat());
    const record = fc.record(
      {
        message: fc.oneof(fc.string({ unit: "binary" }), fc.constant("a b2 c 33")),
        source: fc.constantFrom("a", "b", "é"),
        trace_id: fc.constantFrom("", "t", "0af7651916cd43dd8448eb211c80319c"),
        data: fc.dictionary(fc.constantFrom("a", "b", "c", "d.e"), value),
        tags: fc.array(fc.string(), { maxLength: 2 }),
      },
      { requiredKeys: ["message"] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 40 }), async (records) => {
        const own = records.map((each) => JSON.stringify(each));
        const { made, expected } = await bothWays([
          ...own,
          ...lines(ROWS, () => ({})).slice(own.length),
        ]);
        expect(made).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

test("a record as large as one may be has a block of its own", async () => {
  const large = line(1, { message: "é".repeat(262_144), data: { a: "x".repeat(60_000) } });
  const body = bodyOf("lines", [...lines(600, () => ({})), large, large, ...lines(10, () => ({}))]);
  const { blocks, rejected } = await readColumns(body, placesInLines(body), context);
  expect(rejected).toEqual([]);
  expect(blocks.flatMap(({ places }) => places)).toEqual(
    Array.from({ length: 612 }, (_, index) => index),
  );
});
