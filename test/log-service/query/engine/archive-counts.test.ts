import { expect, it } from "vitest";

import { ARCHIVED_QUERY_LIMITS } from "../../../../apps/log-service/src/archive/limits.ts";
import { createMemoryClearings } from "../../../../apps/log-service/src/archive/clearings/memory.ts";
import { MemoryArchive } from "../../../../apps/log-service/src/archive/memory/memory-archive.ts";
import type { TallyQuery } from "../../../../apps/log-service/src/archive/port.ts";
import { createLocalEngine } from "../../../../apps/log-service/src/query/engine/local.ts";
import type { QueryEngine } from "../../../../apps/log-service/src/query/engine/port.ts";
import { EVERYTHING } from "../../../../apps/log-service/src/query/filter.ts";
import type { GroupKey } from "../../../../apps/log-service/src/query/pipe.ts";
import type { PreparedRecord } from "../../../../apps/log-service/src/record/record.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import { sampleRecord } from "../../record/sample.ts";

const START = Date.UTC(2026, 0, 10, 12);
const MINUTE = 60_000;
const ABOUT = { scope: { names: ["default"], carried: false }, filter: EVERYTHING };

/** An engine over an archive alone, and what that is asked to count. */
async function archived(
  records: readonly PreparedRecord[],
): Promise<{ readonly engine: QueryEngine; readonly asked: TallyQuery[] }> {
  const archive = new MemoryArchive();
  await archive.writer().storeDirectly("default", records);
  const inner = archive.reader();
  const asked: TallyQuery[] = [];
  const reader = {
    ...inner,
    tally: (query: TallyQuery) => {
      asked.push(query);
      return inner.tally(query);
    },
  };
  const sources = { reader, clearings: createMemoryClearings() };
  return { engine: createLocalEngine(createMemoryStore(), {}, {}, sources), asked };
}

const spread = (count: number, stepMs: number): PreparedRecord[] =>
  Array.from({ length: count }, (_, n) => sampleRecord({ ms: START + n * stepMs }));

it("counts by the records where they have more sources than the archive counts by at once", async () => {
  const count = ARCHIVED_QUERY_LIMITS.tallies + 1;
  const records = Array.from({ length: count }, (_, n) =>
    sampleRecord({ ms: START, source: `s${n % 2 === 0 ? 0 : n}` }),
  );
  records.push(...Array.from({ length: count }, (_, n) => sampleRecord({ source: `t${n}` })));
  const { engine } = await archived(records);
  const { facets, truncated } = await engine.ask({
    kind: "facets",
    ...ABOUT,
    fields: ["source"],
    limit: 1,
  });
  expect(facets[0]?.values).toEqual([{ value: "s0", count: Math.ceil(count / 2) }]);
  expect(truncated).toBe(false);
});

it("asks for the intervals of a table as they are, and not for its minutes", async () => {
  const { engine, asked } = await archived(spread(300, MINUTE));
  const by = (ms: number): GroupKey => ({ kind: "bin", ms });
  const table = async (keys: readonly GroupKey[]): Promise<readonly number[]> => {
    const pipes = [
      { kind: "stats", functions: [{ name: "count", as: "n" }], by: keys } as const,
      { kind: "sort", by: [{ column: "timestamp", descending: false }] } as const,
    ];
    const { rows } = await engine.ask({ kind: "aggregate", ...ABOUT, pipes });
    return rows.map((row) => Number(row["n"] ?? Number.NaN));
  };
  expect(await table([by(60 * MINUTE)])).toEqual([60, 60, 60, 60, 60]);
  expect(await table([by(100 * MINUTE)])).toHaveLength(4);
  expect(await table([by(4 * MINUTE), by(6 * MINUTE)])).toHaveLength(100);
  const widths = asked.flatMap(({ by: keys }) =>
    keys.flatMap((key) => (typeof key === "object" ? [key.bucketMs] : [])),
  );
  expect(widths).toEqual([60 * MINUTE, 100 * MINUTE, 2 * MINUTE]);
});
