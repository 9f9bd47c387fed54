import type { ArchiveHold, LaneMove } from "../../apps/log-service/src/archive/port.ts";
import { createPostgresWriter } from "../../apps/log-service/src/archive/postgres/writer.ts";
import type { PreparedRecord } from "../../apps/log-service/src/record/record.ts";
import { writePosition, writeRecordId } from "../../apps/log-service/src/store/position.ts";
import { preparedMaker } from "./records.ts";
import type { BenchServer } from "./server.ts";

/** What the mover hands over at once under load. */
const BATCH = 10_000;
/** Made before the clock runs, which is for moving them alone. */
const BATCHES = 16;
const DAY_MS = 86_400_000;
const DAYS = 10;
const COMMIT = 1_000;

export interface Loaded {
  /** Rows a second of the time that moving took, over all and over the last tenth. */
  readonly overall: number;
  readonly last: number;
  /** A few of the records, to ask for. */
  readonly samples: readonly PreparedRecord[];
}

/** Moves rows into an archive, spread over ten days, as the mover does. */
export async function load(
  server: BenchServer,
  database: string,
  rows: number,
  fullText: boolean,
): Promise<Loaded> {
  const { writer: address, owner } = await server.database(database);
  const writer = createPostgresWriter({ writer: address, owner, fullText });
  const hold = await writer.hold();
  if (hold === undefined) throw new Error("the archive is held by somebody");
  const endMs = Date.now();
  await hold.tend({ ageMs: DAYS * DAY_MS }, endMs);
  const make = preparedMaker(rows, (DAYS - 1) * DAY_MS, endMs);
  const samples: PreparedRecord[] = [];
  const times: number[] = [];
  let from: string | undefined;
  for (let done = 0; done < rows;) {
    const start = done;
    const parts: LaneMove[] = [];
    while (done < rows && parts.length < BATCHES) {
      const records = Array.from({ length: Math.min(BATCH, rows - done) }, make);
      samples.push(...records.filter((_, index) => index % 2_000 === 0));
      const part = moveOf(records, done, from);
      parts.push(part);
      from = part.to;
      done += records.length;
    }
    const before = performance.now();
    await moveInTurns(hold, parts);
    times.push((performance.now() - before) / (done - start));
  }
  // As work does now and then.
  await hold.tend({ ageMs: DAYS * DAY_MS }, endMs);
  await writer.close();
  const mean = (list: readonly number[]): number =>
    list.reduce((sum, each) => sum + each, 0) / list.length;
  const tenth = Math.max(1, Math.floor(times.length / 10));
  return { overall: 1_000 / mean(times), last: 1_000 / mean(times.slice(-tenth)), samples };
}

/** Two at a time, as the mover does. */
async function moveInTurns(hold: ArchiveHold, parts: readonly LaneMove[]): Promise<void> {
  let moving: Promise<unknown> = Promise.resolve();
  for (const part of parts) {
    const before = moving;
    moving = hold.move([part]);
    moving.catch(() => undefined);
    await before;
  }
  await moving;
}

function moveOf(
  records: readonly PreparedRecord[],
  done: number,
  from: string | undefined,
): LaneMove {
  const position = (at: number): string =>
    writePosition({ lane: 60_000_000, major: Math.floor((done + at) / COMMIT) + 1, minor: 0 });
  return {
    namespace: "bench",
    from,
    to: position(records.length - 1),
    committed: done + records.length,
    records: records.map((record, index) => ({
      id: writeRecordId(position(index), (done + index) % COMMIT),
      record,
    })),
    skipped: { overflow: 0, retention: 0, damaged: 0 },
  };
}
