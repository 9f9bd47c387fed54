import fc from "fast-check";
import { expect, test } from "vitest";

import { EventReader, type ServerSentEvent } from "@neurallog/client/shared";

function read(...pieces: readonly string[]): readonly ServerSentEvent[] {
  const reader = new EventReader();
  return pieces.flatMap((piece) => reader.push(piece));
}

test("an event has its name, its data and the last id", () => {
  expect(read("id: 1\ndata: a\n\nevent: dropped\ndata:b\ndata: c\n\n")).toEqual([
    { event: "message", data: "a", id: "1" },
    { event: "dropped", data: "b\nc", id: "1" },
  ]);
});

test("comments, ids alone and half an event are no events", () => {
  expect(read(":\n\n", "id: 2\n\n", "data: a\n")).toEqual([]);
  expect(read("id: 2\n\n", "data: a\n\n")).toEqual([{ event: "message", data: "a", id: "2" }]);
});

test("an id counts from the end of its event on, also where there is none", () => {
  const reader = new EventReader();
  reader.push("id: 1\n\nid: 2\n");
  expect(reader.id).toBe("1");
  reader.push("\n");
  expect(reader.id).toBe("2");
});

test("a stream says how long to wait before coming back", () => {
  const reader = new EventReader();
  reader.push("retry: soon\n");
  expect(reader.retryMs).toBeUndefined();
  reader.push("retry: 2000\n\n");
  expect(reader.retryMs).toBe(2_000);
});

test("however a stream is cut into pieces, and whatever ends its lines, its events are the same", () => {
  const line = fc.constantFrom("data: a", "data:", "id: 7", "event: x", ": beat", "retry: 1", "");
  fc.assert(
    fc.property(
      fc.array(line),
      fc.constantFrom("\n", "\r\n", "\r"),
      fc.array(fc.nat(60)),
      (lines, end, cuts) => {
        const text = lines.map((one) => one + end).join("");
        const places = [0, ...cuts.map((at) => at % (text.length + 1)), text.length].toSorted(
          (a, b) => a - b,
        );
        const pieces = places.map((from, at) => text.slice(from, places[at + 1] ?? text.length));
        expect(read(...pieces)).toEqual(read(lines.map((one) => `${one}\n`).join("")));
      },
    ),
  );
});

test("what an event holds so far is known before it ends", () => {
  const reader = new EventReader();
  expect(reader.heldUnits).toBe(0);
  reader.push("data: abc\ndata: de\ndat");
  expect(reader.heldUnits).toBe(10);
  reader.push("a: f\n\n");
  expect(reader.heldUnits).toBe(0);
});
