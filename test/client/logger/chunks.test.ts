import fc from "fast-check";
import { expect, test } from "vitest";

import { Chunk } from "../../../apps/client/src/logger/chunk.ts";
import { Queue } from "../../../apps/client/src/logger/queue.ts";

const line = fc
  .oneof(
    { weight: 5, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }) },
    { weight: 1, arbitrary: fc.constant("€".repeat(30_000)) },
  )
  .map((text) => JSON.stringify(text.toWellFormed()));
const step = fc.oneof(
  fc.record({ kind: fc.constant("push" as const), line }),
  fc.record({ kind: fc.constant("shift" as const) }),
  fc.record({
    kind: fc.constant("take" as const),
    records: fc.integer({ min: 1, max: 20 }),
    bytes: fc.integer({ min: 1, max: 200_000 }),
    isPutBack: fc.boolean(),
  }),
);

const linesOf = (chunk: Chunk) => (chunk.records === 0 ? [] : chunk.body().toString().split("\n"));
const bytesOf = (lines: readonly string[]) =>
  lines.reduce((sum, each) => sum + Buffer.byteLength(each) + 1, 0);

test("a queue gives its lines out in order, whatever is taken, dropped and put back", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const queue = new Queue(1_000, 1e9);
      let model: string[] = [];
      // What was taken must not change when the queue goes on.
      const given: [Chunk, string[]][] = [];
      for (const each of steps) {
        if (each.kind === "push") {
          queue.push(each.line);
          model.push(each.line);
        } else if (each.kind === "shift") {
          expect(queue.shift()).toBe(model.length > 0);
          model = model.slice(1);
        } else {
          const chunk = queue.take(each.records, each.bytes);
          const lines = chunk === undefined ? [] : linesOf(chunk);
          expect(lines).toEqual(model.slice(0, lines.length));
          expect(lines.length > 0).toBe(model.length > 0);
          expect(lines.length).toBeLessThanOrEqual(each.records);
          if (lines.length > 1) expect(bytesOf(lines)).toBeLessThanOrEqual(each.bytes);
          const next = model[lines.length];
          // As many as fit.
          if (next !== undefined && lines.length < each.records)
            expect(bytesOf([...lines, next])).toBeGreaterThan(each.bytes);
          if (each.isPutBack && chunk !== undefined) queue.unshift(chunk);
          else {
            model = model.slice(lines.length);
            if (chunk !== undefined) given.push([chunk, lines]);
          }
        }
        expect([queue.length, queue.bytes]).toEqual([model.length, bytesOf(model)]);
      }
      for (const [chunk, lines] of given) expect(linesOf(chunk)).toEqual(lines);
    }),
    { numRuns: 300 },
  );
});

test("a chunk drops its oldest lines one by one", () => {
  const chunk = Chunk.of(["a", "bb", "ccc"]);
  expect([chunk.shift(), chunk.shift()]).toEqual([2, 3]);
  expect([chunk.records, chunk.size, chunk.body().toString()]).toEqual([1, 4, "ccc"]);
  expect([chunk.shift(), chunk.records, chunk.body().length]).toEqual([4, 0, 0]);
});
