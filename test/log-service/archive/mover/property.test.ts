import assert from "node:assert/strict";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { MoveSession } from "../../../../apps/log-service/src/archive/mover/session.ts";
import type { ArchiveHold } from "../../../../apps/log-service/src/archive/port.ts";
import { archivable } from "../samples.ts";
import { Rig } from "./rig.ts";

const SPACES = ["a", "b"];

type Step =
  | { kind: "append"; space: string; level: number; count: number }
  | { kind: "merge" }
  | { kind: "retain"; bytes: number }
  | { kind: "clear"; space: string; level: number | undefined }
  /** Moves once; `meanwhile` happens while its first batch is on its way to the archive. */
  | { kind: "move"; crash: "no" | "before" | "after"; meanwhile: readonly Step[] };

const small: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      space: fc.constantFrom(...SPACES),
      level: fc.integer({ min: 2, max: 4 }),
      count: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 4 }) }, fc.constant(600)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("merge" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("retain" as const),
      bytes: fc.constantFrom(0, 500, 2_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("clear" as const),
      space: fc.constantFrom(...SPACES),
      level: fc.option(fc.integer({ min: 2, max: 4 }), { nil: undefined }),
    }),
  },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: small },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("move" as const),
      crash: fc.constantFrom("no", "no", "before", "after"),
      meanwhile: fc.array(small, { maxLength: 2 }),
    }),
  },
);

/** Runs the steps on a rig beside a plain list of what was committed and what of it was cleared. */
class Run {
  readonly committed = new Map<string, { space: string; level: number }>();
  readonly cleared = new Set<string>();
  readonly rig: Rig;
  #crash: "no" | "before" | "after" = "no";
  #meanwhile: readonly Step[] = [];
  #session: MoveSession | undefined;

  constructor(lanes: number, records: number | undefined) {
    this.rig = new Rig({
      lanes,
      buffer: { records, bytes: undefined },
      size: { records: 5, units: 100_000 },
      wrap: (hold) => this.#wrap(hold),
    });
  }

  async do(step: Step): Promise<void> {
    const { store } = this.rig;
    switch (step.kind) {
      case "append": {
        const { space, level, count } = step;
        // Behind every clearing before it, also one in this very millisecond.
        const record = archivable({ namespace: space, level, received: Date.now() + 1 });
        const ids = await store.append(Array.from({ length: count }, () => record));
        for (const id of ids) this.committed.set(id, { space, level });
        break;
      }
      case "merge":
        await store.merge();
        break;
      case "retain":
        await store.retain({ bytes: step.bytes }, Date.now());
        break;
      case "clear":
        await this.rig.clear(step.space, step.level);
        for (const [id, { space, level }] of this.committed) {
          if (space === step.space && (step.level ?? level) === level) this.cleared.add(id);
        }
        break;
      case "move":
        this.#crash = step.crash;
        this.#meanwhile = step.meanwhile;
        try {
          this.#session ??= await this.rig.open();
          await this.#session.round(new AbortController().signal);
        } catch (error) {
          assert(error instanceof Error && error.message === "killed");
          this.#session = undefined;
        }
        // There was nothing to move.
        this.#crash = "no";
        this.#meanwhile = [];
    }
  }

  #wrap(hold: ArchiveHold): ArchiveHold {
    let last: Promise<unknown> = Promise.resolve();
    const inTurn: ArchiveHold["move"] = (parts) => {
      const result = last.then(() => move(parts));
      last = result;
      return result;
    };
    const move: ArchiveHold["move"] = async (parts) => {
      const [crash, meanwhile] = [this.#crash, this.#meanwhile];
      this.#crash = "no";
      this.#meanwhile = [];
      for (const each of meanwhile) await this.do(each);
      if (crash === "before") throw new Error("killed");
      const moved = await hold.move(parts);
      if (crash === "after") throw new Error("killed");
      return moved;
    };
    return { ...hold, move: inTurn };
  }
}

test.each([
  ["one lane and no limit", 1, undefined],
  ["three lanes and no limit", 3, undefined],
  ["two lanes and room for ten", 2, 10],
])(
  "with %s, what was committed is archived or counted as skipped, each once",
  async (_, lanes, records) => {
    const holds = fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
        const run = new Run(lanes, records);
        for (const each of steps) await run.do(each);
        await run.rig.moveAll();
        const archived = (await run.rig.archived()).map(({ id }) => id);
        assert.equal(new Set(archived).size, archived.length, "none twice");
        for (const id of archived) {
          assert(run.committed.has(id), "nothing that was not committed");
          assert(!run.cleared.has(id), "nothing that was cleared");
        }
        const { skipped } = await run.rig.archive.reader().stats();
        const counted = skipped.overflow + skipped.retention;
        assert.equal(skipped.damaged, 0);
        const gone = run.committed.size - archived.length;
        const missing = [...run.committed.keys()].filter(
          (id) => !run.cleared.has(id) && !archived.includes(id),
        ).length;
        assert(counted >= missing && counted <= gone, `${missing} <= ${counted} <= ${gone}`);
        assert.deepEqual(await run.rig.clearings.list(), []);
      }),
      { numRuns: 150 },
    );
    await expect(holds).resolves.toBeUndefined();
  },
);
