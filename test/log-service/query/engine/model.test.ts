import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { levelName } from "../../../../apps/log-service/src/record/level.ts";
import { presentRecord } from "../../../../apps/log-service/src/record/present.ts";
import type { LogRecord, PreparedRecord } from "../../../../apps/log-service/src/record/record.ts";
import { levelsFrom, type Filter } from "../../../../apps/log-service/src/query/filter.ts";
import { search, type SearchBudget, type SearchRequest } from "./support.ts";
import { tombstoneMask } from "../../../../apps/log-service/src/query/engine/tombstones.ts";
import { writeFilterJson } from "../../../../apps/log-service/src/query/filter-json.ts";
import { modern } from "../../../../apps/log-service/src/query/match/old-filter.ts";
import type { LogStore } from "../../../../apps/log-service/src/store/port.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import { sampleRecord } from "../../record/sample.ts";

// Few values for each field, and few instants, so that records tie and filters hit.
const records = fc
  .record({
    namespace: fc.constantFrom("a", "b"),
    ms: fc.integer({ min: 1_000, max: 1_020 }),
    nanos: fc.constantFrom(0, 0, 5),
    level: fc.integer({ min: 0, max: 5 }),
    message: fc.constantFrom("Connection reset", "connection ok", "ÄRGER", ""),
    source: fc.constantFrom("", "web", "db"),
    traceId: fc.constantFrom("", "t1", "t2"),
    tags: fc.constantFrom("", '["x"]', '["x","y"]'),
    metadata: fc.constantFrom("", '{"a":{"b":1}}', '{"a.b":"1"}', '{"a":{"b":[true,2]}}'),
  })
  .map((fields): PreparedRecord => sampleRecord({ ...fields, digits: 9 }));

const leaf = fc.oneof(
  fc.record({
    kind: fc.constant("level" as const),
    levels: fc.integer({ min: 0, max: 5 }).map((level) => levelsFrom(levelName(level))),
  }),
  fc.record({ kind: fc.constant("source" as const), is: fc.constantFrom("web", "db", "none") }),
  fc.record({ kind: fc.constant("tag" as const), is: fc.constantFrom("x", "y", "z") }),
  fc.record({ kind: fc.constant("trace" as const), is: fc.constantFrom("t1", "t2", "t3") }),
  fc.record({
    kind: fc.constant("text" as const),
    contains: fc.constantFrom("CONNECTION", "reset", "ärger", "absent", ""),
  }),
  fc.record({
    kind: fc.constant("metadata" as const),
    path: fc.constantFrom("a.b", "a", "c"),
    is: fc.constantFrom("1", "2", "true", "1.0"),
  }),
);

const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 2 },
    leaf,
    fc.record({ kind: fc.constant("all" as const), of: fc.array(tie("filter"), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant("any" as const), of: fc.array(tie("filter"), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant("not" as const), of: tie("filter") }),
  ),
}));

const moment = fc.option(
  fc.record({ ms: fc.integer({ min: 999, max: 1_021 }), nanos: fc.constantFrom(0, 5) }),
  { nil: undefined },
);

const requests = fc.record({
  namespaces: fc.constantFrom(["a"], ["a", "b"], ["b", "missing"]),
  filter,
  from: moment,
  to: moment,
  order: fc.constantFrom("asc" as const, "desc" as const),
  limit: fc.integer({ min: 1, max: 12 }),
});

/** What a search means, said as plainly as possible. */
function matches(filter: Filter, record: PreparedRecord): boolean {
  switch (filter.kind) {
    case "all":
      return filter.of.every((part) => matches(part, record));
    case "any":
      return filter.of.some((part) => matches(part, record));
    case "not":
      return !matches(filter.of, record);
    case "level":
      return filter.levels.includes(levelName(record.level));
    case "source":
      return record.source === filter.is;
    case "trace":
      return record.traceId === filter.is;
    case "tag":
      return record.tags.includes(`"${filter.is}"`);
    case "text":
      return record.message.toLowerCase().includes(filter.contains.toLowerCase());
    case "metadata": {
      const values: Record<string, string[]> = {
        '{"a":{"b":1}}': ["1", "1.0"],
        '{"a.b":"1"}': ["1"],
        '{"a":{"b":[true,2]}}': ["true", "2"],
      };
      return filter.path === "a.b" && (values[record.metadata] ?? []).includes(filter.is);
    }
    default:
      throw new Error(`no search here asks for '${filter.kind}'`);
  }
}

/** As tombstones have filters: in the kinds that the language has. */
function plain(filter: Filter): Filter {
  switch (filter.kind) {
    case "all":
    case "any":
      return { kind: filter.kind, of: filter.of.map(plain) };
    case "not":
      return { kind: "not", of: plain(filter.of) };
    case "source":
    case "tag":
    case "trace":
    case "text":
    case "metadata":
      return modern(filter);
    default:
      return filter;
  }
}

interface Clearing {
  readonly namespace: string;
  readonly filter: Filter | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

function expected(
  stored: readonly [string, PreparedRecord][],
  request: SearchRequest,
): LogRecord[] {
  const instant = (ms: number, nanos: number) => ms * 1e6 + nanos;
  const { from, to } = request;
  return stored
    .filter(([, record]) => request.namespaces.includes(record.namespace))
    .filter(([, { ms, nanos }]) => !from || instant(ms, nanos) >= instant(from.ms, from.nanos))
    .filter(([, { ms, nanos }]) => !to || instant(ms, nanos) < instant(to.ms, to.nanos))
    .filter(([, record]) => matches(request.filter, record))
    .toSorted(([idA, a], [idB, b]) => {
      const ascending =
        instant(a.ms, a.nanos) - instant(b.ms, b.nanos) || (idA < idB ? -1 : Number(idA > idB));
      return request.order === "asc" ? ascending : -ascending;
    })
    .map(([id, record]) => presentRecord(id, record));
}

function isCleared(record: PreparedRecord, { namespace, filter, fromMs, toMs }: Clearing): boolean {
  return (
    record.namespace === namespace &&
    (fromMs === undefined || record.ms >= fromMs) &&
    (toMs === undefined || record.ms < toMs) &&
    (filter === undefined || matches(filter, record))
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

const layouts = fc.record({
  lanes: fc.constantFrom(1, 1, 3),
  layout: fc.constantFrom("small" as const, "merged" as const, "half-merged" as const),
});

const clearings = fc.option(
  fc.record({
    after: fc.nat({ max: 11 }),
    namespace: fc.constantFrom("a", "b"),
    filter: fc.option(filter, { nil: undefined }),
    fromMs: fc.option(fc.integer({ min: 999, max: 1_021 }), { nil: undefined }),
    toMs: fc.option(fc.integer({ min: 999, max: 1_021 }), { nil: undefined }),
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
          let stored: [string, PreparedRecord][] = [];
          for (const [at, batch] of batches.entries()) {
            const ids = await store.append(batch);
            batch.forEach((record, index) => stored.push([String(ids[index]), record]));
            if (clearing?.after !== at) continue;
            await store.clear({
              ...clearing,
              filter: clearing.filter === undefined ? "" : writeFilterJson(plain(clearing.filter)),
              by: "test",
            });
            stored = stored.filter(([, record]) => !isCleared(record, clearing));
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
            namespaces: ["a", "b"],
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
