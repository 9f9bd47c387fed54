import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Batch } from "../../../apps/log-service/src/ingest/batch.ts";
import { ServiceError } from "../../../apps/log-service/src/errors.ts";
import { INGEST_LIMITS } from "../../../apps/log-service/src/limits.ts";
import { bodyOf, codes, messages, read } from "./support.ts";

const good = (message: string) => JSON.stringify({ message });

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return error instanceof ServiceError ? error.code : String(error);
  }
  return undefined;
}

/** What reading made of a body: a consistent batch, the code of an error, or what went wrong. */
function outcomeOf(action: () => Batch): string {
  try {
    const { records, places, rejected, size } = action();
    const consistent =
      records.length === places.length && records.length + rejected.length === size;
    return consistent ? "consistent" : "inconsistent";
  } catch (error) {
    return error instanceof ServiceError ? error.code : String(error);
  }
}

describe.each(["lines", "array"] as const)("a body of %s", (shape) => {
  test("is read record by record, in order", () => {
    const batch = read(shape, bodyOf(shape, [good("a"), good("b"), good("c")]));
    expect(messages(batch)).toEqual(["a", "b", "c"]);
    expect(batch).toMatchObject({ size: 3, places: [0, 1, 2], rejected: [] });
  });

  // What a sender does wrong to one record must not cost its neighbours.
  test.each([
    ["that is no JSON", '{"message":}', "NL_RECORD_NOT_JSON"],
    ["that is a number", "42", "NL_RECORD_NOT_AN_OBJECT"],
    ["that is null", "null", "NL_RECORD_NOT_AN_OBJECT"],
    ["that is an array", '[{"message":"x"}]', "NL_RECORD_NOT_AN_OBJECT"],
    ["without a message", '{"level":"INFO"}', "NL_RECORD_MISSING_FIELD"],
    ["with a message of another type", '{"message":7}', "NL_RECORD_FIELD_TYPE"],
    ["with a key named twice", '{"message":"a","message":"b"}', "NL_RECORD_DUPLICATE_KEY"],
    [
      "with a key named twice by an escape",
      '{"message":"a","messag\\u0065":"b"}',
      "NL_RECORD_DUPLICATE_KEY",
    ],
    [
      "with a key named twice deep inside",
      '{"message":"a","metadata":{"a":[{"b":1,"b":2}]}}',
      "NL_RECORD_DUPLICATE_KEY",
    ],
    [
      "that sets a prototype",
      '{"message":"a","__proto__":{"admin":true}}',
      "NL_RECORD_FORBIDDEN_KEY",
    ],
    [
      "that sets a prototype deep inside",
      '{"message":"a","metadata":{"b":{"__proto__":{"admin":true}}}}',
      "NL_RECORD_FORBIDDEN_KEY",
    ],
    [
      "that sets a prototype through its constructor",
      '{"message":"a","metadata":{"constructor":{"prototype":{"admin":true}}}}',
      "NL_RECORD_FORBIDDEN_KEY",
    ],
    [
      "nested ten thousand deep",
      `{"message":"a","metadata":${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}}`,
      "NL_RECORD_TOO_DEEP",
    ],
    [
      "of arrays ten thousand deep",
      `{"message":"a","metadata":{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}}`,
      "NL_RECORD_TOO_DEEP",
    ],
    ["with an unknown level", '{"message":"a","level":"LOUD"}', "NL_RECORD_LEVEL"],
    ["with an unknown field", '{"message":"a","colour":"red"}', "NL_RECORD_UNKNOWN_FIELD"],
    ["from the year 290000", '{"message":"a","timestamp":"+290000-01-01T00:00:00Z"}', undefined],
    [
      "that is too large",
      `{"message":"${"x".repeat(INGEST_LIMITS.recordBytes)}"}`,
      "NL_RECORD_TOO_LARGE",
    ],
  ])("rejects a record %s by its index and keeps its neighbours", (_case, bad, code) => {
    const batch = read(shape, bodyOf(shape, [good("before"), bad, good("after")]));
    expect(messages(batch)).toEqual(["before", "after"]);
    expect(batch.places).toEqual([0, 2]);
    expect(codes(batch)).toEqual([[1, code ?? "NL_RECORD_TIMESTAMP"]]);
  });

  test("rejects a record that is not UTF-8 by its index and keeps its neighbours", () => {
    const bad = Buffer.from([...Buffer.from('{"message":"'), 0xc3, 0x28, ...Buffer.from('"}')]);
    const batch = read(shape, bodyOf(shape, [good("vorhér"), bad, good("nachhér")]));
    expect(messages(batch)).toEqual(["vorhér", "nachhér"]);
    expect(codes(batch)).toEqual([[1, "NL_RECORD_NOT_UTF8"]]);
  });

  test("keeps characters beyond ASCII, escaped or not", () => {
    const batch = read(
      shape,
      bodyOf(shape, [good("päth 日本 🦉"), '{"message":"\\u65e5\\ud83e\\udd89"}']),
    );
    expect(messages(batch)).toEqual(["päth 日本 🦉", "日🦉"]);
  });

  test("does not change the prototype of anything", () => {
    read(shape, bodyOf(shape, ['{"message":"a","__proto__":{"polluted":1}}']));
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  test("without records is refused", () => {
    expect(codeOf(() => read(shape, shape === "lines" ? " \n\r\n " : " [ \n] "))).toBe(
      "NL_BODY_EMPTY",
    );
  });

  test("with too many records is refused whole", () => {
    const texts = Array.from({ length: INGEST_LIMITS.batchRecords + 1 }, () => "1");
    expect(codeOf(() => read(shape, bodyOf(shape, texts)))).toBe("NL_BATCH_TOO_LONG");
  });

  test("with a byte order mark is read without it", () => {
    const body = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bodyOf(shape, [good("a")])]);
    expect(messages(read(shape, body))).toEqual(["a"]);
  });

  test("finds the records that JSON.parse finds, whatever they hold", () => {
    const nested = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
    fc.assert(
      fc.property(
        fc.array(fc.record({ message: fc.string({ unit: "binary" }), metadata: nested }), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.integer({ min: 0, max: 2 }),
        (records, indent) => {
          // Lines must not be indented: JSON.stringify breaks them.
          const space = shape === "array" ? indent : 0;
          const texts = records.map((record) => JSON.stringify(record, undefined, space));
          const batch = read(shape, bodyOf(shape, texts));
          const forbidden = (text: string) => text.includes('"__proto__":');
          expect(batch.size).toBe(records.length);
          for (const [at, place] of batch.places.entries()) {
            const message = records[place]?.message.replaceAll("\0", "\uFFFD").toWellFormed();
            expect(batch.records[at]?.message).toBe(message);
          }
          for (const { index } of batch.rejected) expect(forbidden(texts[index] ?? "")).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("of any bytes never throws anything but an error with a code", () => {
    const piece = fc.constantFrom(
      "[",
      "]",
      "{",
      "}",
      '"',
      "\\",
      ",",
      ":",
      "\n",
      "1",
      '"message"',
      " ",
    );
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join("")));
    const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(fc.oneof(text, bytes), (body) => {
        expect(outcomeOf(() => read(shape, body))).toMatch(/^(consistent|NL_[A-Z_0-9]+)$/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("lines", () => {
  test("that are blank have no index, and a carriage return belongs to the line's end", () => {
    const batch = read("lines", `\n${good("a")}\r\n\r\n  \n${good("b")}\n{}\n`);
    expect(messages(batch)).toEqual(["a", "b"]);
    expect(codes(batch)).toEqual([[2, "NL_RECORD_MISSING_FIELD"]]);
  });

  test("whose last one has no end is read to its end", () => {
    expect(messages(read("lines", `${good("a")}\n${good("b")}`))).toEqual(["a", "b"]);
  });
});

describe("a JSON text", () => {
  test("may be one record", () => {
    expect(messages(read("array", ` ${good("alone")} `))).toEqual(["alone"]);
  });

  test.each([
    ["does not close", `[${good("a")}`],
    ["ends inside a string", `[${good("a")},{"message":"b`],
    ["closes with the wrong bracket", `[${good("a")}}`],
    ["has something after it", `[${good("a")}] ${good("b")}`],
  ])("is refused whole if its array %s", (_case, body) => {
    expect(codeOf(() => read("array", body))).toBe("NL_BODY_NOT_JSON");
  });

  test("with a comma too many rejects the empty place", () => {
    const batch = read("array", `[${good("a")},,${good("b")},]`);
    expect(messages(batch)).toEqual(["a", "b"]);
    expect(codes(batch)).toEqual([
      [1, "NL_RECORD_NOT_JSON"],
      [3, "NL_RECORD_NOT_JSON"],
    ]);
  });

  test("is not taken for lines", () => {
    const batch = read("array", `${good("a")}\n${good("b")}`);
    expect(codes(batch)).toEqual([[0, "NL_RECORD_NOT_JSON"]]);
  });
});
