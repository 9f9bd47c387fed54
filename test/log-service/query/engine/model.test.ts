import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { levelName } from "../../../../apps/log-service/src/record/level.ts";
import { presentRecord } from "../../../../apps/log-service/src/record/present.ts";
import type { LogRecord, PreparedRecord } from "../../../../apps/log-service/src/record/record.ts";
import { levelsFrom, type Filter } from "../../../../apps/log-service/src/query/filter.ts";
import { search, type SearchBudget, type SearchRequest } from "./support.ts";
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

async function searchAll(
  store: ReturnType<typeof createMemoryStore>,
  request: SearchRequest,
  budget: SearchBudget,
  between: () => Promise<unknown>,
): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  let cursor: string | undefined;
  // Far more pages than records: a search that does not get on is a failure, not a hang.
  for (let page = 0; page < 2_000; page += 1) {
    const answer = await search(store, { ...request, cursor }, budget);
    expect(answer.records.length).toBeLessThanOrEqual(request.limit);
    found.push(...answer.records);
    if (answer.cursor === null) return found;
    cursor = answer.cursor;
    await between();
  }
  throw new Error("the search never ends");
}

describe("search against the naive model", () => {
  it.each([
    ["with room for all its work", { bytes: Infinity, ms: Infinity }],
    ["with a budget of one block a page", { bytes: 0, ms: Infinity }],
    ["with a budget of a few blocks a page", { bytes: 400, ms: Infinity }],
  ])("gives each matching record once and in order, %s, while others write", async (_, budget) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(records, { minLength: 1, maxLength: 8 }), { maxLength: 12 }),
        requests,
        fc.array(records, { maxLength: 3 }),
        async (batches, request, noise) => {
          const store = createMemoryStore();
          const stored: [string, PreparedRecord][] = [];
          for (const batch of batches) {
            const ids = await store.append(batch);
            batch.forEach((record, index) => stored.push([String(ids[index]), record]));
          }
          const found = await searchAll(store, request, budget, () => store.append(noise));
          expect(found).toEqual(expected(stored, request));
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
