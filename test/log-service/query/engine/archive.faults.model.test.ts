import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ServiceError } from "../../../../apps/log-service/src/errors.ts";
import { tombstoneMask } from "../../../../apps/log-service/src/query/engine/tombstones.ts";
import { createLocalEngine } from "../../../../apps/log-service/src/query/engine/local.ts";
import type { QueryEngine } from "../../../../apps/log-service/src/query/engine/port.ts";
import { EVERYTHING } from "../../../../apps/log-service/src/query/filter.ts";
import type { LogRecord, PreparedRecord } from "../../../../apps/log-service/src/record/record.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import { record as records } from "../arbitrary.ts";
import { layout as layouts } from "../layouts.ts";
import { Tiers } from "../tiers.ts";

const RECEIVED = Date.UTC(2026, 0);
const SCOPE = { names: ["one", "two"], carried: false };

/** What happens between two pages. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant("move" as const) },
  { weight: 3, arbitrary: fc.constant("drop" as const) },
  { weight: 1, arbitrary: fc.constant("merge" as const) },
  { weight: 1, arbitrary: fc.constantFrom("clear one" as const, "clear two" as const) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const batches = fc.array(fc.array(records, { minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 10,
});
const budgets = fc.constantFrom({ bytes: Infinity, ms: Infinity }, { bytes: 0, ms: Infinity });
/** Which calls of the archive fail: some in many, in no rhythm that a page could keep step with. */
const failures = fc.infiniteStream(fc.integer({ min: 1, max: 5 }).map((die) => die === 1));

/** A hot store and an archive whose calls fail now and then, as each question of a new process finds them. */
class Faulty {
  readonly tiers: Tiers;
  readonly cleared = new Set<string>();
  readonly #failures: Iterator<boolean>;
  #commits = 0;
  #moved = 0;

  constructor(options: Parameters<typeof createMemoryStore>[0], failing: Iterator<boolean>) {
    this.tiers = new Tiers(createMemoryStore({ ...options, compileTombstone: tombstoneMask }));
    this.#failures = failing;
  }

  async write(batch: readonly PreparedRecord[]): Promise<void> {
    const received = RECEIVED + 1_000 * (this.#commits += 1);
    await this.tiers.hot.append(batch.map((record) => ({ ...record, received })));
  }

  async run(next: Step): Promise<void> {
    switch (next) {
      case "move":
        await this.tiers.move(2);
        this.#moved += 2;
        return;
      case "drop":
        await this.tiers.drop(RECEIVED + 1_000 * Math.min(this.#moved, this.#commits) + 1);
        return;
      case "merge":
        await this.tiers.hot.merge();
        return;
      case "clear one":
      case "clear two": {
        const namespace = next.slice("clear ".length);
        if (this.cleared.has(namespace)) return;
        await this.tiers.clear({ namespace, filter: "", by: "test" });
        this.cleared.add(namespace);
      }
    }
  }

  /** A new one each time: it knows nothing of the archive, nor that it was away. */
  engine(lookups: { bytes: number; ms: number }): QueryEngine {
    const { reader, clearings } = this.tiers.sources;
    const read: typeof reader.read = async (query) => this.#answer(() => reader.read(query));
    const positions: typeof reader.positions = async () => this.#answer(() => reader.positions());
    const sources = { reader: { ...reader, read, positions }, clearings };
    return createLocalEngine(this.tiers.hot, { lookups }, {}, sources);
  }

  #answer<T>(answer: () => Promise<T>): Promise<T> {
    if (this.#failures.next().value === true) throw new Error("the connection was cut");
    return answer();
  }
}

interface Page {
  readonly records: readonly LogRecord[];
  /** It says that something may be missing. */
  readonly isWarned: boolean;
  /** What had been cleared when it was asked for. */
  readonly cleared: ReadonlySet<string>;
}

async function pagesOf(
  faulty: Faulty,
  budget: { bytes: number; ms: number },
  order: "asc" | "desc",
  limits: Iterator<number>,
  steps: Iterator<Step>,
): Promise<readonly Page[]> {
  const pages: Page[] = [];
  let cursor: string | undefined;
  for (let tries = 0; tries < 1_000; tries += 1) {
    const question = { kind: "search", scope: SCOPE, filter: EVERYTHING, order } as const;
    const cleared = new Set(faulty.cleared);
    try {
      const page = await faulty
        .engine(budget)
        .ask({ ...question, limit: limits.next().value, cursor });
      const isWarned = "warnings" in page;
      if (isWarned) expect(page).toMatchObject({ next_cursor: expect.any(String) });
      pages.push({ records: page.records, isWarned, cleared });
      if (page.next_cursor === null) return pages;
      cursor = page.next_cursor;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      // What goes on behind a page is asked for again, with the same cursor.
      expect([error.code, cursor]).toEqual(["NL_ARCHIVE_UNAVAILABLE", expect.any(String)]);
    }
    await faulty.run(steps.next().value);
  }
  throw new Error("the search never ends");
}

/** Places in `all` that a page with a warning went over: what is missing there was announced. */
function announced(all: readonly string[], pages: readonly Page[]): ReadonlySet<string> {
  const found = new Set<string>();
  let last = -1;
  for (const { records: given, isWarned } of pages) {
    const end = given.reduce((most, { id }) => Math.max(most, all.indexOf(id)), last);
    if (isWarned) for (const id of all.slice(last + 1, end + 1)) found.add(id);
    last = end;
  }
  return found;
}

describe("a search over an archive that fails now and then", () => {
  it.each(["asc", "desc"] as const)(
    "repeats nothing, shows nothing that was cleared, and leaves nothing out without a warning, %s",
    async (order) => {
      await fc.assert(
        fc.asyncProperty(
          batches,
          budgets,
          layouts,
          failures,
          fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
          fc.infiniteStream(step),
          async (all, budget, layout, failing, limits, steps) => {
            const faulty = new Faulty(layout, failing);
            for (const batch of all) await faulty.write(batch);
            const whole = { kind: "search", scope: SCOPE, filter: EVERYTHING, order } as const;
            const plain = createLocalEngine(faulty.tiers.hot);
            const expected = (await plain.ask({ ...whole, limit: 1_000 })).records;
            const ids = expected.map(({ id }) => id);

            const pages = await pagesOf(faulty, budget, order, limits, steps);
            const found = pages.flatMap((page) => page.records.map(({ id }) => id));
            expect(found).toEqual(ids.filter((id) => found.includes(id)));
            for (const { records: given, cleared } of pages) {
              expect(given.filter(({ namespace }) => cleared.has(namespace))).toEqual([]);
            }
            const known = announced(ids, pages);
            const missing = expected.filter(
              ({ id, namespace }) =>
                !found.includes(id) && !known.has(id) && !faulty.cleared.has(namespace),
            );
            expect(missing).toEqual([]);
          },
        ),
        { numRuns: 150 },
      );
    },
    120_000,
  );

  it("is exported whole, once each, when what breaks is gone on with", async () => {
    await fc.assert(
      fc.asyncProperty(
        batches,
        layouts,
        failures,
        fc.nat({ max: 12 }),
        async (all, layout, failing, moves) => {
          const faulty = new Faulty(layout, failing);
          for (const batch of all) await faulty.write(batch);
          const question = { scope: SCOPE, filter: EVERYTHING, order: "asc" } as const;
          const plain = createLocalEngine(faulty.tiers.hot);
          const expected = await plain.ask({ kind: "search", ...question, limit: 1_000 });
          for (let at = 0; at < moves; at += 1) await faulty.run(at % 3 === 2 ? "drop" : "move");
          const found: string[] = [];
          let isEnd = false;
          for (let tries = 0; !isEnd; tries += 1) {
            expect(tries).toBeLessThan(400);
            try {
              const engine = faulty.engine({ bytes: Infinity, ms: Infinity });
              for await (const { body } of engine.export(question)) {
                for (const line of Buffer.from(body).toString().trimEnd().split("\n")) {
                  const read: { id?: string; end?: object } = JSON.parse(line);
                  if (read.id !== undefined) found.push(read.id);
                  isEnd ||= read.end !== undefined;
                }
              }
            } catch (error) {
              expect(error).toMatchObject({ code: "NL_ARCHIVE_UNAVAILABLE" });
              expect(found).toEqual([]);
            }
          }
          expect(found).toEqual(expected.records.map(({ id }) => id));
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);
});
