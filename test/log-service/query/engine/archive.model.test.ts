import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { writeFilterJson } from "../../../../apps/log-service/src/query/filter-json.ts";
import { ServiceError } from "../../../../apps/log-service/src/errors.ts";
import type { Field, GroupKey, Pipe } from "../../../../apps/log-service/src/query/pipe.ts";
import { tombstoneMask } from "../../../../apps/log-service/src/query/engine/tombstones.ts";
import type { Question } from "../../../../apps/log-service/src/query/engine/questions.ts";
import type { LogRecord, PreparedRecord } from "../../../../apps/log-service/src/record/record.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import type { Budgets } from "../../../../apps/log-service/src/query/engine/answerer.ts";
import { createLocalEngine } from "../../../../apps/log-service/src/query/engine/local.ts";
import type { QueryEngine } from "../../../../apps/log-service/src/query/engine/port.ts";
import type { LogStore } from "../../../../apps/log-service/src/store/port.ts";
import { filter, record as records } from "../arbitrary.ts";
import { layout as layouts } from "../layouts.ts";
import { Tiers } from "../tiers.ts";

const START = 29_000_000 * 60_000;
const edge = fc.constantFrom(-60_000, 0, 1, 59_999, 3_600_000).map((ms) => START + ms);
const moment = fc.option(fc.record({ ms: edge, nanos: fc.constantFrom(0, 5) }), { nil: undefined });

const about = fc.record({
  scope: fc
    .constantFrom<readonly string[] | "*">(["one"], ["one", "two"], ["two", "missing"], "*")
    .map((names) => ({ names, carried: names === "*" })),
  filter,
  from: moment,
  to: moment,
});

/** What happens to the records meanwhile: each of it changes no answer. */
const step = fc.oneof(
  fc.record({ kind: fc.constant("move" as const), commits: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant("drop" as const) }),
  fc.record({ kind: fc.constant("merge" as const) }),
  fc.record({ kind: fc.constant("write" as const), batch: fc.array(records, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant("direct" as const), batch: fc.array(records, { maxLength: 3 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const clearings = fc.option(
  fc.record({
    after: fc.nat({ max: 8 }),
    namespace: fc.constantFrom("one", "two"),
    filter: fc.option(filter, { nil: undefined }),
    fromMs: fc.option(edge, { nil: undefined }),
    toMs: fc.option(edge, { nil: undefined }),
  }),
  { nil: undefined },
);
type Clearing = typeof clearings extends fc.Arbitrary<infer T> ? T : never;

const budgets = fc.constantFrom(
  { bytes: Infinity, ms: Infinity },
  { bytes: 0, ms: Infinity },
  { bytes: 400, ms: Infinity },
);

/** Behind any clearing: what comes after one is not what was there when it was made. */
const RECEIVED = Date.UTC(2100, 0);

/** One store that keeps everything, and one with an archive: the same records under the same ids. */
class Pair {
  readonly all: LogStore;
  readonly tiers: Tiers;
  /** When the last that was moved was received. */
  #moved = 0;
  #commits = 0;

  constructor(options: Parameters<typeof createMemoryStore>[0]) {
    this.all = createMemoryStore(options);
    this.tiers = new Tiers(createMemoryStore({ ...options, compileTombstone: tombstoneMask }));
  }

  /** @returns The records' ids. */
  async fill(batches: readonly PreparedRecord[][], clearing: Clearing): Promise<readonly string[]> {
    const ids: string[] = [];
    for (const [at, batch] of batches.entries()) {
      ids.push(...(await this.write(batch, true)));
      if (clearing?.after !== at) continue;
      const wanted = clearing.filter === undefined ? "" : writeFilterJson(clearing.filter);
      await this.all.clear({ ...clearing, filter: wanted, by: "test" });
      await this.tiers.clear({ ...clearing, filter: wanted, by: "test" });
    }
    return ids;
  }

  async write(batch: readonly PreparedRecord[], both = false): Promise<readonly string[]> {
    // Each batch a second later: so the oldest commits are those that retention drops.
    const received = RECEIVED + 1_000 * (this.#commits += 1);
    const stamped = batch.map((record) => ({ ...record, received }));
    if (both) await this.all.append(stamped);
    return this.tiers.hot.append(stamped);
  }

  async run(next: Step): Promise<void> {
    switch (next.kind) {
      case "move":
        await this.tiers.move(next.commits);
        this.#moved += next.commits;
        return;
      case "drop": {
        // A lane takes a part of the commits: so many of all have moved at least.
        const moved = Math.min(this.#moved, this.#commits);
        await this.tiers.drop(RECEIVED + 1_000 * moved + 1);
        return;
      }
      case "merge":
        await this.tiers.hot.merge();
        return;
      case "write":
        await this.write(next.batch);
        return;
      case "direct": {
        const stamped = next.batch.map((record) => ({ ...record, received: RECEIVED }));
        if (stamped.length > 0) await this.tiers.storeDirectly("one", stamped);
      }
    }
  }
}

async function searchAll(
  engine: QueryEngine,
  question: Omit<Question & { kind: "search" }, "limit">,
  limits: Iterator<number>,
  between: () => Promise<unknown>,
): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  let cursor: string | undefined;
  const { scope } = question;
  for (let page = 0; page < 2_000; page += 1) {
    const limit = limits.next().value;
    const names = cursor?.includes("~") === true ? cursor.split("~")[1]?.split(".") : undefined;
    const answer = await engine.ask({
      ...question,
      scope: { ...scope, names: names ?? scope.names },
      limit,
      cursor,
    });
    expect(answer).not.toHaveProperty("warnings");
    expect(answer.records.length).toBeLessThanOrEqual(limit);
    found.push(...answer.records);
    if (answer.next_cursor === null) return found;
    cursor = answer.next_cursor;
    await between();
  }
  throw new Error("the search never ends");
}

const field = fc.constantFrom<Field>("level", "source", "namespace", "message", "metadata.a");
const key = fc.oneof(
  field.map((name): GroupKey => ({ kind: "field", field: name })),
  fc.constantFrom(60_000, 3_600_000, 1_000).map((ms): GroupKey => ({ kind: "bin", ms })),
);
const questions = fc.oneof(
  fc.record({ kind: fc.constant("count" as const), by: fc.option(field, { nil: undefined }) }),
  fc.record({
    kind: fc.constant("histogram" as const),
    intervalMs: fc.constantFrom(60_000, 90_000, 3_600_000, 7_000),
  }),
  fc.record({
    kind: fc.constant("facets" as const),
    fields: fc.array(field, { minLength: 1, maxLength: 3 }),
    limit: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({ kind: fc.constant("values" as const), field, limit: fc.constant(10) }),
  fc.record({ kind: fc.constant("patterns" as const), limit: fc.constant(50) }),
  fc.record({
    kind: fc.constant("aggregate" as const),
    pipes: fc.tuple(
      fc.array(key, { maxLength: 2 }).map((by): Pipe => ({
        kind: "stats",
        by,
        functions: [{ name: "count", as: "count" }],
      })),
    ),
  }),
  fc.record({
    kind: fc.constant("trace" as const),
    traceId: fc.constantFrom("t1", "t2"),
    limit: fc.integer({ min: 1, max: 60 }),
  }),
  fc.record({
    kind: fc.constant("context" as const),
    at: fc.nat(),
    before: fc.integer({ min: 0, max: 5 }),
    after: fc.integer({ min: 0, max: 5 }),
    same: fc.constantFrom("source" as const, "namespace" as const),
  }),
);
type Asked = typeof questions extends fc.Arbitrary<infer T> ? T : never;
type About = typeof about extends fc.Arbitrary<infer T> ? T : never;

function questionOf(asked: Asked, rest: About, ids: readonly string[]): Question {
  if (asked.kind !== "context") return { ...asked, ...rest };
  const id = ids[asked.at % Math.max(1, ids.length)] ?? "";
  return { ...asked, id, scope: rest.scope, filter: rest.filter };
}

/** An answer without what tells how it was found, or how it failed. */
async function told(engine: QueryEngine, question: Question): Promise<unknown> {
  try {
    const answer: object = await engine.ask(question);
    // What a time span and an example are taken from depends on where records lie.
    return JSON.parse(
      JSON.stringify(answer, (name, value: unknown) => (HOW.has(name) ? undefined : value)),
    );
  } catch (error) {
    return error instanceof ServiceError ? error.code : error;
  }
}

const HOW = new Set(["scanned", "covered", "example"]);

const batchLists = fc.array(fc.array(records, { minLength: 1, maxLength: 6 }), { maxLength: 10 });

/** The pair's engine, whose records move and drop after each snapshot too: blocks are read when they are gone. */
function restless(pair: Pair, budgets: Partial<Budgets>): QueryEngine {
  const { hot } = pair.tiers;
  const store: LogStore = Object.assign(Object.create(hot), {
    names: () => hot.names(),
    namespaces: () => hot.namespaces(),
    snapshot: async (...asked: Parameters<LogStore["snapshot"]>) => {
      const snapshot = await hot.snapshot(...asked);
      await pair.run({ kind: "move", commits: 2 });
      await pair.run({ kind: "drop" });
      return snapshot;
    },
  });
  return createLocalEngine(store, budgets, {}, pair.tiers.sources);
}

describe("a question over the hot store and the archive", () => {
  it.each([
    ["between pages", (pair: Pair, budgets: Partial<Budgets>) => pair.tiers.engine(budgets)],
    ["between snapshots and reads", restless],
  ])(
    "pages through the same records wherever they lie, while they move and drop %s",
    async (_, engineOf) => {
      await fc.assert(
        fc.asyncProperty(
          batchLists,
          about,
          fc.constantFrom("asc" as const, "desc" as const),
          budgets,
          layouts,
          clearings,
          fc.array(step, { maxLength: 6 }),
          fc.infiniteStream(fc.integer({ min: 1, max: 12 })),
          fc.infiniteStream(step),
          async (batches, rest, order, budget, layout, clearing, before, limits, between) => {
            const pair = new Pair(layout);
            await pair.fill(batches, clearing);
            const question = { kind: "search" as const, ...rest, order };
            const plain = createLocalEngine(pair.all);
            const one = { next: () => ({ done: false, value: 1_000 }) } as Iterator<number>;
            const expected = await searchAll(plain, question, one, async () => undefined);
            for (const next of before) {
              if (next.kind === "move" || next.kind === "drop" || next.kind === "merge")
                await pair.run(next);
            }
            const engine = engineOf(pair, { lookups: budget });
            const found = await searchAll(engine, question, limits, async () => {
              await pair.run(between.next().value);
            });
            expect(found).toEqual(expected);
          },
        ),
        { numRuns: 300 },
      );
    },
  );

  it("answers every other question alike wherever its records lie", async () => {
    await fc.assert(
      fc.asyncProperty(
        batchLists,
        about,
        questions,
        layouts,
        clearings,
        fc.array(step, { maxLength: 6 }),
        fc.boolean(),
        async (batches, rest, question, layout, clearing, before, isRestless) => {
          const pair = new Pair(layout);
          const ids = await pair.fill(batches, clearing);
          for (const next of before) {
            if (next.kind === "move" || next.kind === "drop" || next.kind === "merge")
              await pair.run(next);
          }
          const asked = questionOf(question, rest, ids);
          const plain = createLocalEngine(pair.all);
          const engine = isRestless ? restless(pair, {}) : pair.tiers.engine();
          const [expected, found] = await Promise.all([told(plain, asked), told(engine, asked)]);
          expect(found).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});
