import * as fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";

import type { LogStore } from "../../../../../apps/log-service/src/store/port.ts";
import { startRedis, type TestRedis } from "../../../../support/redis.ts";
import { sampleRecord } from "../../../record/sample.ts";
import { lengths, mergeAll, openStore, shown, withClient } from "./support.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const WORDS = ["red", "green", "blue"];

type Step =
  | { kind: "append"; word: string; count: number; ms: number }
  | { kind: "clear"; word: string; fromMs: number | undefined }
  | { kind: "retain" }
  | { kind: "reopen" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      word: fc.constantFrom(...WORDS),
      count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(520)),
      ms: fc.integer({ min: 0, max: 9 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("clear" as const),
      word: fc.constantFrom("", ...WORDS),
      fromMs: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("retain" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const) }) },
);

interface Kept {
  readonly id: string;
  readonly word: string;
  readonly ms: number;
  readonly received: number;
}

/**
 * Two processes merge all the time, whatever a third does; a fourth reads. Everything that is not
 * cleared or old is there once, after each step.
 */
it("holds what a plain list holds while two processes merge through appends, clearings and retention", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      await withClient(redis.url, (client) => client.flushall());
      let writer: LogStore = await openStore(redis.url);
      const reader = await openStore(redis.url);
      const mergers = await Promise.all([openStore(redis.url), openStore(redis.url)]);
      let kept: Kept[] = [];
      let turn = 0;
      for (const next of steps) {
        turn += 1;
        const merging = mergers.map((store) => mergeAll(store, { eager: true }));
        if (next.kind === "append") {
          const { word, ms, count } = next;
          const ids = await writer.append(
            Array.from({ length: count }, (_, index) =>
              sampleRecord({ message: `${word} ${turn}.${index}`, ms, received: turn * 1_000 }),
            ),
          );
          kept.push(...ids.map((id) => ({ id, word, ms, received: turn * 1_000 })));
        } else if (next.kind === "clear") {
          const { word, fromMs } = next;
          await writer.clear({ namespace: "default", filter: word, fromMs, by: "a test" });
          kept = kept.filter(
            (each) =>
              (word !== "" && each.word !== word) || (fromMs !== undefined && each.ms < fromMs),
          );
        } else if (next.kind === "retain") {
          await writer.retain({ ageMs: 4_000 }, turn * 1_000);
          const found = new Set((await shown(reader)).map(([id]) => id));
          const lost = kept.filter(({ id }) => !found.has(id));
          // Blocks go as a whole, so what is old may stay; what is young may not go.
          expect(lost.filter(({ received }) => received >= (turn - 4) * 1_000)).toEqual([]);
          kept = kept.filter(({ id }) => found.has(id));
        } else {
          await writer.close();
          writer = await openStore(redis.url);
        }
        const during = (await shown(reader)).map(([id]) => id).toSorted();
        expect(during).toEqual(kept.map(({ id }) => id).toSorted());
        await Promise.all(merging);
      }
      await mergeAll(mergers[0], { eager: true });
      expect(await lengths(redis.url)).toMatchObject({ small: 0, tombstones: 0 });
      const after = (await shown(reader)).map(([id]) => id).toSorted();
      expect(after).toEqual(kept.map(({ id }) => id).toSorted());
      await Promise.all([writer, reader, ...mergers].map((store) => store.close()));
    }),
    { numRuns: 25 },
  );
}, 60_000);
