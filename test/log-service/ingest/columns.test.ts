import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { readHeader } from "../../../apps/log-service/src/block/header.ts";
import { openBlock, sealBlock } from "../../../apps/log-service/src/block/seal.ts";
import {
  placesInJson,
  placesInLines,
  readJson,
  readLines,
} from "../../../apps/log-service/src/ingest/json/read-body.ts";
import { readColumns } from "../../../apps/log-service/src/ingest/json/read-columns.ts";
import type { PreparedRecord } from "../../../apps/log-service/src/record/record.ts";
import { bodyOf, type Shape } from "./support.ts";

const context = { namespace: "default", received: 1_700_000_000_000 };

/** What columns made of a body: each place with its record or the reason why it has none. */
async function viaColumns(shape: Shape, body: Buffer): Promise<Map<number, unknown>> {
  const places = shape === "lines" ? placesInLines(body) : placesInJson(body);
  const batch = await readColumns(body, places, context);
  const found = new Map<number, unknown>();
  for (const { namespace, block, places: mine } of batch.blocks) {
    const sealed = await sealBlock(block);
    const rows = await openBlock(namespace, readHeader(sealed.header), sealed.body);
    expect(rows.count).toBe(mine.length);
    for (const [row, place] of mine.entries()) found.set(place, rows.record(row));
  }
  for (const { index, code, message } of batch.rejected) found.set(index, { code, message });
  expect(found.size).toBe(batch.size);
  return found;
}

function viaObjects(shape: Shape, body: Buffer): Map<number, unknown> {
  const batch = shape === "lines" ? readLines(body, context) : readJson(body, context);
  const found = new Map<number, unknown>();
  for (const [at, place] of batch.places.entries()) found.set(place, batch.records[at]);
  for (const { index, code, message } of batch.rejected) found.set(index, { code, message });
  return found;
}

async function expectSame(shape: Shape, body: Buffer): Promise<void> {
  expect(await viaColumns(shape, body)).toEqual(viaObjects(shape, body));
}

const line = (fields: object) => JSON.stringify({ message: "user 17 logged in", ...fields });

/** Values that the two ways could see differently. */
const ODD_VALUES = [
  [
    '""',
    '"a"',
    '"A\\u0062"',
    '"\\u0000"',
    '"\\ud800"',
    '"\\n"',
    '"é日本🦉"',
    '"x\u007f"',
    '"a\tb"',
  ],
  [
    "0",
    "-0",
    "1",
    "-1",
    "10",
    "01",
    "1.5",
    "1.50",
    "-1.25",
    "0.000001",
    "0.0000001",
    "1e3",
    "1E400",
  ],
  [
    "123456789012345",
    "1234567890123456",
    "0.1234567890123456",
    "9007199254740993",
    ".5",
    "5.",
    "+1",
  ],
  ["null", "true", "false", "nul", "True", "[]", "[1,2]", "[1, 2]", '["a",[null]]', "[1,]", "[{}]"],
  [
    "{}",
    '{"a":1}',
    '{ "a" : 1 }',
    '{"a":{}}',
    '{"a":{"a":1},"b":{}}',
    '{"a":1,"a":2}',
    '{"a":{},"a":{}}',
  ],
  [
    '{"1":1,"b":2}',
    '{"b":1,"1":2}',
    '{"__proto__":1}',
    '{"constructor":{"prototype":1}}',
    '{"constructor":1}',
  ],
  [
    '{"a\\u0062":1}',
    '{"":1}',
    '{"é":1}',
    '{"a":[{"b":1,"b":2}]}',
    '{"a":[{"b":[1, 2]}]}',
    '{"a":"\\u0000"}',
  ],
  [
    '{"a":1.50,"b":1e2}',
    '{"a":-0}',
    '{"a":01}',
    '{"a":1',
    '{"a":}',
    "{a:1}",
    '{"a" 1}',
    '{"a":1,}',
    '"',
  ],
  [
    '{"a":"x","b":[1,"y",null,true,false,-2.5],"c":{"d":{"e":false}}}',
    '{"n":12345678901234567890}',
  ],
  ['"INFO"', '"info"', '"Warning"', '" ERROR "', '"LOUD"', "30", "3", "99", "7.0", '"ınfo"'],
  [
    '"2026-01-02T03:04:05Z"',
    '"2026-01-02T03:04:05.123456789Z"',
    '"2026-01-02T03:04:05.1234567890Z"',
  ],
  [
    '"2026-01-02T03:04:60Z"',
    '"2026-02-30T03:04:05Z"',
    '"2026-01-02T24:04:05Z"',
    '"2126-01-xxT03:04:05Z"',
  ],
  [
    '"2026-01-02T03:04:05+01:00"',
    '"2026-01-02 03:04:05.5Z"',
    '"2026-01-02t03:04:05z"',
    '"2026-01-02\u000003:04:05Z"',
  ],
  [
    '"1969-12-31T23:59:59Z"',
    '"2262-04-11T23:47:16Z"',
    '"2262-04-11T23:47:17Z"',
    '"9999-12-31T00:00:00Z"',
  ],
  [
    '"2026-01-02T03:04:05.Z"',
    '"2026-01-02T03:04:05"',
    '"1767323045"',
    "1767323045",
    "1767323045123.5",
  ],
  ["1767323045123", "99999999999999", "-5", "1767323045123456789", '"1767323045123456789"'],
  [
    '"payments"',
    '"Payments"',
    '"a b"',
    `"${"n".repeat(64)}"`,
    '"0af7651916cd43dd8448eb211c80319c"',
  ],
  [`"${"s".repeat(256)}"`, `"${"s".repeat(257)}"`, `"${"é".repeat(200)}"`, `"${"t".repeat(129)}"`],
].flat();
const FIELDS = [
  ["message", "timestamp", "level", "source", "component", "trace_id", "span_id", "tags"],
  ["metadata", "data", "namespace", "colour", "__proto__", "mess\\u0061ge", "", "messages"],
].flat();

const blank = fc.constantFrom("", "", "", " ", "\t", "\r");
const member = fc
  .tuple(fc.constantFrom(...FIELDS), fc.constantFrom(...ODD_VALUES), blank, blank, blank)
  .map(([name, value, a, b, c]) => `${a}"${name}"${b}:${c}${value}${a}`);
const oddText = fc
  .tuple(fc.array(member, { maxLength: 4 }), fc.boolean(), blank)
  .map(([members, first, around]) => {
    const message = '"message":"request 42 of user_7 took 3ms"';
    const all = first ? [message, ...members] : [...members, message];
    return `${around}{${all.join(",")}}${around}`;
  });
const validText = fc
  .record(
    {
      message: fc.string({ unit: "binary" }),
      timestamp: fc.oneof(
        fc.date({ noInvalidDate: true, min: new Date(0) }).map((date) => date.toISOString()),
        fc.integer({ min: 0, max: 2 ** 48 }),
      ),
      level: fc.constantFrom("INFO", "warn", "ERROR", 30, 3),
      source: fc.string(),
      trace_id: fc.constantFrom("0af7651916cd43dd8448eb211c80319c", "t", ""),
      metadata: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 }),
      tags: fc.array(fc.string(), { maxLength: 3 }),
      namespace: fc.constantFrom("payments", "default"),
    },
    { requiredKeys: ["message"] },
  )
  .map((record) => JSON.stringify(record));

describe.each(["lines", "array"] as const)("columns from a body of %s", (shape) => {
  test("hold the same records and rejections as objects do, whatever the records", async () => {
    // A line feed ends a line wherever it stands, and an odd text may break an array.
    const text = fc.oneof(oddText, validText);
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 12 }), async (texts) => {
        const balanced = texts.filter((each) => shape === "lines" || isBalanced(each));
        if (balanced.length > 0) await expectSame(shape, bodyOf(shape, balanced));
      }),
      { numRuns: 4_000 },
    );
  });

  test("do so for bytes that were changed anywhere", async () => {
    const good = bodyOf(shape, [
      line({ level: "WARN", source: "web", metadata: { a: { b: [1, "x"] }, c: 12.5, d: "y" } }),
      line({ timestamp: "2026-01-02T03:04:05.678Z", trace_id: "0af7", namespace: "payments" }),
      line({ message: 'say "hi"\n', metadata: { a: { b: [1, "x"] }, c: 7, d: null } }),
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        async (changes) => {
          const body = Buffer.from(good);
          for (const [at, value] of changes) body[at] = value;
          if (shape === "lines" || closes(body)) await expectSame(shape, body);
        },
      ),
      { numRuns: 4_000 },
    );
  });

  test("do so for each odd value of each field", async () => {
    const texts = FIELDS.flatMap((name) =>
      ODD_VALUES.map((value) => `{"message":"a","${name}":${value}}`),
    ).filter(isBalanced);
    expect(texts.length).toBeGreaterThan(1_000);
    await expectSame(shape, bodyOf(shape, texts));
  });

  test("are cut into blocks that hold what a block may hold", async () => {
    const texts = Array.from({ length: 5_000 }, (_, row) =>
      line({ message: `row ${row} ${"x".repeat(row < 1_000 ? 3_000 : 10)}`, metadata: { row } }),
    );
    const body = bodyOf(shape, texts);
    const places = shape === "lines" ? placesInLines(body) : placesInJson(body);
    const { blocks } = await readColumns(body, places, context);
    expect(blocks.every(({ block }) => block.summary.records <= 4_096)).toBe(true);
    expect(blocks.length).toBeGreaterThan(2);
    await expectSame(shape, body);
  });
});

test("columns of bodies whose records lie in several namespaces keep each in its own", async () => {
  const texts = Array.from({ length: 600 }, (_, row) =>
    line({ namespace: `n${row % 3}`, data: { row } }),
  );
  const batch = await readColumns(
    bodyOf("lines", texts),
    placesInLines(bodyOf("lines", texts)),
    context,
  );
  expect(batch.blocks.map(({ namespace, places }) => [namespace, places.length])).toEqual([
    ["n0", 200],
    ["n1", 200],
    ["n2", 200],
  ]);
});

test("a record that the column path takes is the one that the object path makes", async () => {
  const body = Buffer.from(line({ timestamp: "2026-01-02T03:04:05.678901Z", data: { a: 1 } }));
  const [found] = (await viaColumns("lines", body)).values();
  const expected: Partial<PreparedRecord> = { ms: 1_767_323_045_678, nanos: 901_000, digits: 6 };
  expect(found).toMatchObject({ ...expected, metadata: '{"a":1}', message: "user 17 logged in" });
});

/** Whether an element ends where it seems to: its brackets and quotes close. */
function isBalanced(text: string): boolean {
  return closes(Buffer.from(`[${text}]`)) && closes(Buffer.from(`[${text},${text}]`));
}

function closes(body: Buffer): boolean {
  try {
    return placesInJson(body).length > 0;
  } catch {
    return false;
  }
}
