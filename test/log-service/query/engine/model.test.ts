import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { presentRecord } from "../../../../apps/log-service/src/record/present.ts";
import type { LogRecord, PreparedRecord } from "../../../../apps/log-service/src/record/record.ts";
import { tombstoneMask } from "../../../../apps/log-service/src/query/engine/tombstones.ts";
import { writeFilterJson } from "../../../../apps/log-service/src/query/filter-json.ts";
import type { Filter } from "../../../../apps/log-service/src/query/filter.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import type { LogStore } from "../../../../apps/log-service/src/store/port.ts";
import { filter, record as records } from "../arbitrary.ts";
import { layout as layouts } from "../layouts.ts";
import { matches } from "../naive.ts";
import { search, type SearchBudget, type SearchRequest } from "./support.ts";

const START = 29_000_000 * 60_000;
const edge = fc.constantFrom(-60_000, 0, 1, 59_999, 3_600_000).map((ms) => START + ms);

const moment = fc.option(fc.record({ ms: edge, nanos: fc.constantFrom(0, 5) }), { nil: undefined });

const requests = fc.record({
  namespaces: fc.constantFrom(["one"], ["one", "two"], ["two", "missing"]),
  filter,
  from: moment,
  to: moment,
  order: fc.constantFrom("asc" as const, "desc" as const),
  limit: fc.integer({ min: 1, max: 12 }),
});

type Stored = readonly [id: string, record: PreparedRecord];

interface Clearing {
  readonly namespace: string;
  readonly filter: Filter | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

function expected(stored: readonly Stored[], request: SearchRequest): LogRecord[] {
  const instant = (ms: number, nanos: number) => BigInt(ms) * 1_000_000n + BigInt(nanos);
  const { from, to } = request;
  return stored
    .filter(([, record]) => request.namespaces.includes(record.namespace))
    .filter(([, { ms, nanos }]) => !from || instant(ms, nanos) >= instant(from.ms, from.nanos))
    .filter(([, { ms, nanos }]) => !to || instant(ms, nanos) < instant(to.ms, to.nanos))
    .filter(([id, record]) => matches(request.filter, presentRecord(id, record)))
    .toSorted(([idA, a], [idB, b]) => {
      const ascending =
        Number(instant(a.ms, a.nanos) - instant(b.ms, b.nanos)) ||
        (idA < idB ? -1 : Number(idA > idB));
      return request.order === "asc" ? ascending : -ascending;
    })
    .map(([id, record]) => presentRecord(id, record));
}

function isCleared([id, record]: Stored, { namespace, filter, fromMs, toMs }: Clearing): boolean {
  return (
    record.namespace === namespace &&
    (fromMs === undefined || record.ms >= fromMs) &&
    (toMs === undefined || record.ms < toMs) &&
    (filter === undefined || matches(filter, presentRecord(id, record)))
  );
}

async function searchAll(
  store: LogStore,
  request: SearchRequest,
  budget: SearchBudget,
  limits: Iterator<number>,
  between: () => Promise<unknown>,
): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  let cursor: string | undefined;
  // Far more pages than records: a search that does not get on is a failure, not a hang.
  for (let page = 0; page < 2_000; page += 1) {
    const limit = limits.next().value;
    const answer = await search(store, { ...request, limit, cursor }, budget);
    expect(answer.records.length).toBeLessThanOrEqual(limit);
    found.push(...answer.records);
    if (answer.cursor === null) return found;
    cursor = answer.cursor;
    await between();
  }
  throw new Error("the search never ends");
}

/** As the store, which merges whatever it can after each snapshot: blocks are read when they are gone. */
function mergingAfterSnapshots(store: LogStore): LogStore {
  return Object.assign(Object.create(store), {
    names: () => store.names(),
    namespaces: () => store.namespaces(),
    snapshot: async (...asked: Parameters<LogStore["snapshot"]>) => {
      const snapshot = await store.snapshot(...asked);
      await store.merge();
      return snapshot;
    },
  });
}

const budgets = fc.constantFrom(
  { bytes: Infinity, ms: Infinity },
  { bytes: 0, ms: Infinity },
  { bytes: 400, ms: Infinity },
);

const clearings = fc.option(
  fc.record({
    after: fc.nat({ max: 11 }),
    namespace: fc.constantFrom("one", "two"),
    filter: fc.option(filter, { nil: undefined }),
    fromMs: fc.option(edge, { nil: undefined }),
    toMs: fc.option(edge, { nil: undefined }),
  }),
  { nil: undefined },
);

describe("search against the naive model", () => {
  it.each([
    ["merging between pages", (store: LogStore) => store],
    ["merging between snapshots and reads", mergingAfterSnapshots],
  ])("gives each matching record once and in order, %s, while others write", async (_, seen) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(records, { minLength: 1, maxLength: 8 }), { maxLength: 12 }),
        requests,
        fc.array(records, { maxLength: 3 }),
        budgets,
        layouts,
        clearings,
        fc.infiniteStream(fc.integer({ min: 1, max: 12 })),
        fc.infiniteStream(fc.boolean()),
        async (batches, request, noise, budget, layout, clearing, limits, merges) => {
          const store = createMemoryStore({ ...layout, compileTombstone: tombstoneMask });
          let stored: Stored[] = [];
          for (const [at, batch] of batches.entries()) {
            const ids = await store.append(batch);
            batch.forEach((record, index) => stored.push([String(ids[index]), record]));
            if (clearing?.after !== at) continue;
            await store.clear({
              ...clearing,
              filter: clearing.filter === undefined ? "" : writeFilterJson(clearing.filter),
              by: "test",
            });
            stored = stored.filter((one) => !isCleared(one, clearing));
          }
          const pages = searchAll(seen(store), request, budget, limits, async () => {
            if (merges.next().value === true) await store.merge();
            await store.append(noise);
          });
          expect(await pages).toEqual(expected(stored, request));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("follows commits by position, late timestamps included, losing and repeating none", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(records, { minLength: 1, maxLength: 5 }), { maxLength: 8 }),
        async (batches) => {
          const store = createMemoryStore();
          const request = {
            namespaces: ["one", "two"],
            filter: { kind: "all" as const, of: [] },
            order: "asc" as const,
            limit: 1_000,
          };
          let { position } = await search(store, request);
          for (const batch of batches) {
            const ids = await store.append(batch);
            const page = await search(store, { ...request, after: position });
            expect(page.records.map(({ id }) => id).toSorted()).toEqual([...ids].toSorted());
            position = page.position;
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
