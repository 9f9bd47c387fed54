import fc from "fast-check";
import { expect, test } from "vitest";

import { JsonCursor, JsonCursorError } from "../../../apps/log-service/src/ingest/json-cursor.ts";

/** Reads a whole text by the cursor, entering every object and array. */
function readAll(text: string): unknown {
  const bytes = Buffer.from(text);
  const cursor = new JsonCursor(bytes);
  const read = (): unknown => {
    const from = cursor.at;
    const [start, end] = cursor.skipValue();
    const first = bytes.toString("utf8", start, start + 1);
    if (first !== "{" && first !== "[") return JSON.parse(bytes.toString("utf8", start, end));
    cursor.returnTo(from);
    if (first === "[") {
      const list: unknown[] = [];
      cursor.openArray();
      while (cursor.nextElement()) list.push(read());
      return list;
    }
    const members: [string, unknown][] = [];
    cursor.openObject();
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      members.push([key, read()]);
    }
    return Object.fromEntries(members);
  };
  const value = read();
  cursor.end();
  return value;
}

test("what the cursor walks through is what JSON.parse reads", () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(undefined, 1, "\t"), (text, indent) => {
      const value: unknown = JSON.parse(text);
      const expected = JSON.stringify(value);
      expect(JSON.stringify(readAll(JSON.stringify(value, null, indent)))).toBe(expected);
    }),
  );
});

test.each([
  "",
  "{",
  "[1",
  "[1,]",
  "[,1]",
  "[1 2]",
  '{"a":1,}',
  '{"a" 1}',
  "{a:1}",
  '{"a":}',
  '{"a":1]',
  '["a',
  '"a\\"',
  "[1]]",
  "[1] 2",
  "}",
])("the cursor refuses %s", (text) => {
  expect(() => readAll(text)).toThrow(JsonCursorError);
});

test("attack: a hundred thousand brackets are passed over without recursion", () => {
  const text = "[".repeat(100_000) + "]".repeat(100_000);
  const cursor = new JsonCursor(Buffer.from(text));
  expect(cursor.skipValue()).toEqual([0, 200_000]);
});

test("a string is passed over whatever is escaped in it", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("\\", '"', "a", "é", "\n")), (pieces) => {
      const text = JSON.stringify(pieces.join(""));
      expect(readAll(`[${text},1]`)).toEqual([pieces.join(""), 1]);
    }),
  );
});

test("null counts as no object and no array, and a word that begins so does not", () => {
  const cursor = new JsonCursor(Buffer.from('{"a":null,"b":nulls}'));
  cursor.openObject();
  cursor.nextKey();
  expect(cursor.openArray()).toBe(false);
  cursor.nextKey();
  cursor.openObject();
  expect(() => cursor.nextKey()).toThrow(JsonCursorError);
});

test("a long value is passed over in turns", async () => {
  const text = `[${'{"a":"b"},'.repeat(100_000)}1]`;
  let turns = 0;
  const cursor = new JsonCursor(Buffer.from(text));
  const place = await cursor.passOver({
    isOver: () => true,
    next: async () => void (turns += 1),
  });
  expect(place).toEqual([0, text.length]);
  expect(turns).toBeGreaterThan(10);
  cursor.end();
});
