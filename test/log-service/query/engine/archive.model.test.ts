import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { writeFilterJson } from "../../../../apps/log-service/src/query/filter-json.ts";
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

const RECEIVED = START + 86_400_000;

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

  async fill(batches: readonly PreparedRecord[][], clearing: Clearing): Promise<void> {
    for (const [at, batch] of batches.entries()) {
      await this.write(batch, true);
      if (clearing?.after !== at) continue;
      const wanted = clearing.filter === undefined ? "" : writeFilterJson(clearing.filter);
      await this.all.clear({ ...clearing, filter: wanted, by: "test" });
      await this.tiers.clear({ ...clearing, filter: wanted, by: "test" });
    }
  }

  async write(batch: readonly PreparedRecord[], both = false): Promise<void> {
    // Each batch a second later: so the oldest commits are those that retention drops.
    const received = RECEIVED + 1_000 * (this.#commits += 1);
    const stamped = batch.map((record) => ({ ...record, received }));
    if (both) await this.all.append(stamped);
    await this.tiers.hot.append(stamped);
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
        // Later than any clearing.
        const received = Date.now() + 86_400_000;
        const stamped = next.batch.map((record) => ({ ...record, received }));
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
        { numRuns: 500 },
      );
    },
  );
});
