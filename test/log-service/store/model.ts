import assert from "node:assert/strict";
import * as fc from "fast-check";

import { encodeBlock } from "../../../apps/log-service/src/block/encode.ts";
import type { BlockRows } from "../../../apps/log-service/src/block/rows.ts";
import type { PreparedRecord } from "../../../apps/log-service/src/record/record.ts";
import { clearedRows } from "../../../apps/log-service/src/store/clearing.ts";
import type {
  CompileTombstone,
  LogStore,
  PositionBounds,
} from "../../../apps/log-service/src/store/port.ts";
import { sampleRecord } from "../record/sample.ts";

/** A tombstone's filter is a level's index here. */
export const compileLevel: CompileTombstone = (filter) => (rows: BlockRows) =>
  rows.levels.map((level) => Number(level === Number(filter)));

interface Batch {
  readonly records: readonly { ms: number; received: number; level: number; space: string }[];
  /** Repeats them, so that a batch becomes a large block. */
  readonly times: number;
}

type Step =
  | ({ kind: "append"; key: string | undefined } & Batch)
  | ({ kind: "appendBlock" } & Batch)
  | { kind: "mark" }
  | { kind: "retain"; ageMs: number }
  | { kind: "clear"; space: string; level: number; fromMs: number | undefined }
  | { kind: "merge" }
  | { kind: "reopen" }
  | { kind: "read"; after: number | undefined; upTo: number | undefined };

const SPACES = ["a", "b"];
const NOW = 100;

const batch = {
  records: fc.array(
    fc.record({
      ms: fc.integer({ min: 1_000, max: 1_020 }),
      received: fc.integer({ min: 0, max: NOW }),
      level: fc.integer({ min: 2, max: 4 }),
      space: fc.constantFrom(...SPACES),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  times: fc.oneof(
    { weight: 4, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.constant(600) },
  ),
};
const mark = fc.option(fc.nat({ max: 5 }), { nil: undefined });
const kind = <const Kind extends string>(name: Kind) => fc.constant(name);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: kind("append"),
      key: fc.option(fc.constantFrom("k1", "k2"), { nil: undefined, freq: 3 }),
      ...batch,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind("appendBlock"), ...batch }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("mark") }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: kind("retain"), ageMs: fc.integer({ min: 0, max: NOW }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: kind("clear"),
      space: fc.constantFrom(...SPACES),
      level: fc.integer({ min: 2, max: 4 }),
      fromMs: fc.option(fc.integer({ min: 1_000, max: 1_020 }), { nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: kind("merge") }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("reopen") }) },
  { weight: 4, arbitrary: fc.record({ kind: kind("read"), after: mark, upTo: mark }) },
);

/** Runs of steps for `Model`. */
export const steps = fc.array(step, { maxLength: 16 });

interface Kept {
  readonly id: string;
  readonly record: PreparedRecord;
  /** How many appends there had been. */
  readonly turn: number;
}

/** What the store has to hold, as a plain list; each step is done to both and then compared. */
export class Model {
  #store: LogStore;
  readonly #reopen: (store: LogStore) => Promise<LogStore>;
  #kept: Kept[] = [];
  #marks: { positions: readonly string[]; turn: number }[] = [];
  #turn = 0;
  readonly #keys = new Map<string, { ids: readonly string[]; records: number }>();

  /** @param reopen Another store on the same data; the store itself if it has no other. */
  constructor(store: LogStore, reopen: (store: LogStore) => Promise<LogStore>) {
    this.#store = store;
    this.#reopen = reopen;
  }

  get store(): LogStore {
    return this.#store;
  }

  async run(next: Step): Promise<void> {
    switch (next.kind) {
      case "append":
        return this.#append(this.#records(next), next.key);
      case "appendBlock":
        return this.#appendBlock(this.#records(next));
      case "mark":
        return this.#mark();
      case "retain":
        return this.#retain(next.ageMs);
      case "clear":
        return this.#clear(next);
      case "merge":
        return this.#merge();
      case "reopen":
        this.#store = await this.#reopen(this.#store);
        return undefined;
      case "read":
        return this.#compare(next.after, next.upTo);
    }
  }

  #records({ records, times }: Batch): readonly PreparedRecord[] {
    this.#turn += 1;
    return Array.from({ length: times }, () => records)
      .flat()
      .map(({ ms, received, level, space }, index) =>
        sampleRecord({ ms, received, level, namespace: space, message: `${this.#turn}.${index}` }),
      );
  }

  async #append(records: readonly PreparedRecord[], key: string | undefined): Promise<void> {
    const before = key === undefined ? undefined : this.#keys.get(key);
    // A batch that is sent again is the same; what another one under its key does has a test of its own.
    if (before !== undefined) return;
    const ids = await this.#store.append(records, { idempotencyKey: key });
    this.#keep(records, ids);
    if (key === undefined) return;
    this.#keys.set(key, { ids, records: records.length });
    assert.deepEqual(await this.#store.append(records, { idempotencyKey: key }), ids);
  }

  async #appendBlock(records: readonly PreparedRecord[]): Promise<void> {
    for (const space of SPACES) {
      const mine = records.filter(({ namespace }) => namespace === space);
      if (mine.length === 0) continue;
      const ids = await this.#store.appendBlock(space, encodeBlock(mine));
      this.#keep(mine, ids.all());
    }
  }

  #keep(records: readonly PreparedRecord[], ids: readonly string[]): void {
    assert.equal(ids.length, records.length);
    records.forEach((record, index) =>
      this.#kept.push({ id: String(ids[index]), record, turn: this.#turn }),
    );
  }

  async #mark(): Promise<void> {
    const { positions } = await this.#store.snapshot(SPACES);
    this.#marks.push({ positions, turn: this.#turn });
  }

  async #retain(ageMs: number): Promise<void> {
    await this.#store.retain({ ageMs }, NOW);
    const found = await visible(this.#store, {});
    const gone = this.#kept.filter(({ id }) => !found.has(id));
    // Whole blocks go, so some that are old may stay, but none that is young may go.
    assert.deepEqual(
      gone.filter(({ record }) => record.received >= NOW - ageMs),
      [],
    );
    this.#kept = this.#kept.filter(({ id }) => found.has(id));
  }

  async #clear({ space, level, fromMs }: Extract<Step, { kind: "clear" }>): Promise<void> {
    await this.#store.clear({ namespace: space, filter: String(level), fromMs, by: "test" });
    this.#kept = this.#kept.filter(
      ({ record }) =>
        record.namespace !== space ||
        record.level !== level ||
        (fromMs !== undefined && record.ms < fromMs),
    );
  }

  async #merge(): Promise<void> {
    while ((await this.#store.merge({ eager: true })).more);
  }

  async #compare(after: number | undefined, upTo: number | undefined): Promise<void> {
    const from = after === undefined ? undefined : this.#marks[after];
    const to = upTo === undefined ? undefined : this.#marks[upTo];
    const bounds: PositionBounds = {
      ...(from !== undefined && { after: from.positions }),
      ...(to !== undefined && { upTo: to.positions }),
    };
    const found = await visible(this.#store, bounds);
    const expected = this.#kept.filter(
      ({ turn }) =>
        (from === undefined || turn > from.turn) && (to === undefined || turn <= to.turn),
    );
    assert.deepEqual([...found.keys()].toSorted(), expected.map(({ id }) => id).toSorted());
    for (const { id, record } of expected) assert.deepEqual(found.get(id), record);
  }
}

/** Every record that was not cleared, by its id; fails if one is there twice. */
export async function visible(
  store: LogStore,
  bounds: PositionBounds,
  spaces: readonly string[] = SPACES,
): Promise<ReadonlyMap<string, PreparedRecord>> {
  const { blocks, tombstones } = await store.snapshot(spaces, bounds);
  const found = new Map<string, PreparedRecord>();
  const read = await Promise.all(
    blocks.map(async (block) => ({ block, rows: await block.read() })),
  );
  for (const { block, rows } of read) {
    if (rows === undefined) continue;
    const within = block.rowsWithin(bounds);
    const cleared = tombstones
      .filter(({ namespace }) => namespace === block.namespace)
      .map((tombstone) => ({
        rows: clearedRows(tombstone, rows, compileLevel),
        upTo: block.rowsWithin({ upTo: tombstone.upTo }),
      }));
    for (let row = 0; row < rows.count; row += 1) {
      if (within !== "all" && within[row] !== 1) continue;
      const isCleared = cleared.some(
        (each) => each.rows[row] === 1 && (each.upTo === "all" || each.upTo[row] === 1),
      );
      if (isCleared) continue;
      const id = block.idOf(row);
      assert.ok(!found.has(id), `the record ${id} is there twice`);
      found.set(id, rows.record(row));
    }
  }
  return found;
}
