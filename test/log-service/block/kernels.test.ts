import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { encodeBlock } from "../../../apps/log-service/src/block/encode.ts";
import { readHeader } from "../../../apps/log-service/src/block/header.ts";
import { reachValues } from "../../../apps/log-service/src/block/path.ts";
import { hasPattern } from "../../../apps/log-service/src/block/pattern.ts";
import type { BlockRows } from "../../../apps/log-service/src/block/rows.ts";
import { openBlock, sealBlock } from "../../../apps/log-service/src/block/seal.ts";
import { asciiLower } from "../../../apps/log-service/src/block/tokens.ts";
import type { JsonValue, PreparedRecord } from "../../../apps/log-service/src/record/record.ts";
import { sampleRecord } from "../record/sample.ts";

async function blockOf(fields: readonly Partial<PreparedRecord>[]): Promise<BlockRows> {
  const sealed = await sealBlock(encodeBlock(fields.map(sampleRecord)));
  return openBlock("default", readHeader(sealed.header), sealed.body);
}

/** Messages whose words meet at every kind of boundary. */
const pieces = "user User er us u7 0 42 007 ab12 dead DEAD beef01 é É x_1 - . / : [ ] 日本 a 1";
const piece = fc.constantFrom(...pieces.split(" "), " ", '"', "\u0001");
const message = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));

describe("messageMask", () => {
  it("finds exactly the messages that have the pattern", async () => {
    const edge = fc.constantFrom("word", "any");
    const wanted = fc.array(piece, { minLength: 1, maxLength: 4 }).map((all) => all.join(""));
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { minLength: 1, maxLength: 80 }),
        fc.array(fc.tuple(wanted, edge, edge), { minLength: 1, maxLength: 8 }),
        async (messages, patterns) => {
          const rows = await blockOf(messages.map((text) => ({ message: text })));
          for (const [text, start, end] of patterns) {
            const pattern = { text: asciiLower(text), start, end } as const;
            const expected = messages.map((each) => Number(hasPattern(asciiLower(each), pattern)));
            expect({ pattern, rows: [...rows.messageMask(pattern)] }).toEqual({
              pattern,
              rows: expected,
            });
          }
        },
      ),
      { numRuns: 1_500 },
    );
  });
});

describe("templates", () => {
  it("show each variable token as <*>", async () => {
    const rows = await blockOf([
      { message: "user 17 from 10.0.0.1" },
      { message: "user 9 from 10.20.30.40" },
      { message: "ready" },
    ]);
    const { texts, ids } = rows.templates;
    expect([...ids].map((id) => texts[id])).toEqual([
      "user <*> from <*>.<*>.<*>.<*>",
      "user <*> from <*>.<*>.<*>.<*>",
      "ready",
    ]);
  });
});

const key = fc.constantFrom("a", "b", "a.b", "c", "1", "__proto__", "é", "");
const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.integer({ min: -5, max: 300 }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
  fc.string(),
  fc.constantFrom(true, false, null),
);
const value: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue; object: JsonValue }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      scalar,
      fc.array(tie("value"), { maxLength: 3 }),
      tie("object"),
    ),
    object: fc
      .array(fc.tuple(key, tie("value")), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
  }),
).object;

describe("metadata", () => {
  it("comes back as the text that it was, and each path leads to the same values", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 10 }),
        async (objects, times) => {
          // Rows of the same shapes again and again, so that columns have values to share.
          const texts = Array.from({ length: times }, () => objects)
            .flat()
            .map((object) => JSON.stringify(object))
            .map((text) => (text === "{}" ? "" : text));
          const rows = await blockOf(texts.map((text) => ({ metadata: text })));
          expect(texts.map((_, row) => rows.metadata(row))).toEqual(texts);
          for (const path of ["a", "a.b", "a.b.c", "c", "1", "é.a", "", "b.__proto__", "zz"]) {
            const found: unknown[] = [];
            rows.eachValue(path, (row, each) => found.push([row, each]));
            const expected: unknown[] = [];
            for (const [row, text] of texts.entries()) {
              const object: JsonValue = JSON.parse(text === "" ? "{}" : text);
              reachValues(object, path.split("."), (each) => expected.push([row, each]));
            }
            expect({ path, found: sorted(found) }).toEqual({ path, found: sorted(expected) });
          }
          const parsed = texts.map((text): unknown => JSON.parse(text === "" ? "{}" : text));
          for (const name of ["a", "1", "__proto__", "zz"]) {
            const members = rows.membersAt(name);
            const found = texts.map((_, row) => members.texts[members.ids[row] ?? 0]);
            expect({ name, found: found.map((text) => text && JSON.parse(text)) }).toEqual({
              name,
              found: parsed.map((object) => ownValue(object, name)),
            });
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is visited leaf by leaf, a row's in the order in which they stand", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 20 }), async (objects) => {
        const texts = objects.map((object) => JSON.stringify(object));
        const rows = await blockOf(texts.map((metadata) => ({ metadata })));
        const found: unknown[] = [];
        rows.eachLeaf(
          (keys) => keys[0] === "a",
          (row, each) => found.push([row, each]),
          (row, object) => found.push(...leavesOf(object, "a").map((each) => [row, each])),
        );
        const expected = objects.flatMap((object, row) =>
          leavesOf(object, "a").map((each) => [row, each]),
        );
        expect(found).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it("with more than 256 values of a path keeps numbers as numbers, until one is none", async () => {
    const texts = Array.from({ length: 1_500 }, (_, row) =>
      row === 1_200 ? '{"n":"text"}' : `{"n":${row * 1_000_003}}`,
    );
    for (const some of [texts.slice(0, 1_000), texts]) {
      const rows = await blockOf(some.map((metadata) => ({ metadata })));
      expect(some.map((_, row) => rows.metadata(row))).toEqual(some);
    }
  });

  it("of ever new shapes, keys and sizes is kept whole", async () => {
    const texts = Array.from({ length: 900 }, (_, row) =>
      JSON.stringify(
        row % 2 === 0
          ? { [`key${row}`]: { [`inner${row}`]: row } }
          : Object.fromEntries(Array.from({ length: 70 }, (_each, at) => [`k${at}`, at])),
      ),
    );
    const rows = await blockOf(texts.map((metadata) => ({ metadata })));
    expect(texts.map((_, row) => rows.metadata(row))).toEqual(texts);
    const found: unknown[] = [];
    rows.eachValue("key898.inner898", (row, each) => found.push([row, each]));
    expect(found).toEqual([[898, 898]]);
  });
});

describe("ids", () => {
  const hex = "0af7651916cd43dd8448eb211c80319c";
  const uuid = "0af76519-16cd-43dd-8448-eb211c80319c";

  it.each([
    ["of 32 hex digits", [hex, "", hex.replace("0", "1"), hex]],
    ["in the form of a UUID", [uuid, uuid, "", uuid.replace("0", "1")]],
    ["of any form together", [hex, uuid, "t-1", "", "T-1", hex.toUpperCase()]],
    ["of no record", ["", ""]],
  ])("%s come back, and a look-up finds their rows alone", async (_name, ids) => {
    const rows = await blockOf(ids.map((traceId) => ({ traceId, spanId: traceId.slice(0, 16) })));
    expect(ids.map((_, row) => rows.trace(row))).toEqual(ids);
    expect(ids.map((_, row) => rows.span(row))).toEqual(ids.map((id) => id.slice(0, 16)));
    for (const wanted of [...ids, hex.slice(2), `${hex}00`, "absent", uuid.replaceAll("-", "")]) {
      const rowsOf = ids.map((id) => Number(id === wanted));
      expect({ wanted, rows: [...rows.traceMask(wanted)] }).toEqual({ wanted, rows: rowsOf });
    }
  });
});

/** What no object is any more, below one key. */
function leavesOf(object: JsonValue, first: string): JsonValue[] {
  const leaves = (each: JsonValue): JsonValue[] =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.values(each).flatMap(leaves)
      : [each];
  if (typeof object !== "object" || object === null || Array.isArray(object)) return [];
  return Object.entries(object).flatMap(([key, each]) => (key === first ? leaves(each) : []));
}

/** "" for a key that there is not, as `members.texts` has it. */
function ownValue(object: unknown, name: string): unknown {
  const own = Object.entries(Object(object)).find(([key]) => key === name);
  return own === undefined ? "" : own[1];
}

function sorted(values: readonly unknown[]): unknown[] {
  return values.map((each) => JSON.stringify(each)).sort();
}
