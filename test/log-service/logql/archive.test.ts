import * as fc from "fast-check";
import { expect, it } from "vitest";
import { z } from "zod";

import { createMemoryClearings } from "../../../apps/log-service/src/archive/clearings/memory.ts";
import { MemoryArchive } from "../../../apps/log-service/src/archive/memory/memory-archive.ts";
import { createLocalEngine } from "../../../apps/log-service/src/query/engine/local.ts";
import type { QueryEngine } from "../../../apps/log-service/src/query/engine/port.ts";
import { PROTOCOLS } from "../../../apps/log-service/src/roles/protocols.ts";
import { createMemoryStore } from "../../../apps/log-service/src/store/memory/memory-store.ts";
import { sampleRecord } from "../record/sample.ts";

const START = Date.UTC(2026, 0, 10, 12);
const MINUTE = 60_000;

/** Most lie on the edges of windows, or a nanosecond beside one. */
const record = fc
  .record({
    at: fc.integer({ min: -2, max: 12 }),
    edge: fc.constantFrom([0, 0], [0, 1], [-1, 999_999], [-1, 0], [1, 0], [29_999, 5], [30_000, 0]),
    level: fc.constantFrom(2, 3, 4),
  })
  .map(({ at, edge: [ms = 0, nanos = 0], level }) =>
    sampleRecord({ ms: START + at * MINUTE + ms, nanos, digits: 9, level }),
  );

async function asked(engine: QueryEngine, query: string, step: string): Promise<unknown> {
  const answer = await engine.ask({
    kind: "foreign",
    protocol: "loki",
    scope: { names: ["default"], carried: false },
    call: "query_range",
    argument: "",
    parameters: {
      query: [query],
      step: [step],
      start: [String(START / 1000)],
      end: [String((START + 10 * MINUTE) / 1000)],
    },
    flags: [],
    nowMs: START + 10 * MINUTE,
  });
  const { status, data } = answered.parse(answer);
  // Series stand in no promised order.
  return { status, result: data.result.toSorted((a, b) => (a.metric < b.metric ? -1 : 1)) };
}

const answered = z.object({
  status: z.string(),
  data: z.object({
    result: z.array(
      z.object({
        metric: z.looseObject({}).transform((each) => JSON.stringify(each)),
        values: z.unknown(),
      }),
    ),
  }),
});

it("counts lines by level in the archive alone, as if each were read", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 30 }),
      fc.constantFrom("1m", "90s", "2m", "30s"),
      fc.constantFrom("60", "30", "45", "120"),
      fc.constantFrom("", " offset 30s"),
      async (records, range, step, offset) => {
        const hot = createMemoryStore();
        await hot.append(records);
        const archive = new MemoryArchive();
        await archive.writer().storeDirectly("default", records);
        const inner = archive.reader();
        const reader: typeof inner = {
          ...inner,
          read: () => Promise.reject(new Error("a record was read")),
        };
        const sources = { reader, clearings: createMemoryClearings() };
        const counting = createLocalEngine(createMemoryStore(), {}, PROTOCOLS, sources);
        const query = `sum by (detected_level) (count_over_time({service_name=~".+"}[${range}]${offset}))`;
        const expected = await asked(createLocalEngine(hot, {}, PROTOCOLS), query, step);
        expect(expected).toMatchObject({ status: "success" });
        expect(await asked(counting, query, step)).toEqual(expected);
      },
    ),
    { numRuns: 100 },
  );
});
