import { encodeBlock } from "../block/encode.ts";
import { readHeader, type Run } from "../block/header.ts";
import type { BlockRows } from "../block/rows.ts";
import { openBlock, sealBlock } from "../block/seal.ts";
import type { PreparedRecord } from "../record/record.ts";
import type { StoredBlock } from "./stored-block.ts";

/** A block that was read, beside what tells its rows. */
export interface OpenedBlock {
  readonly block: StoredBlock;
  readonly rows: BlockRows;
}

/** The rows of a block that was merged away, picked out of those that have its records now. */
export interface PickedRows {
  readonly rows: BlockRows;
  readonly runs: readonly Run[];
}

/**
 * Finds records by where they were committed, in the order of `wanted`; those that clearing took out
 * on the way are left out.
 * @returns undefined if none is left.
 */
export async function pickRows(
  wanted: readonly Run[],
  opened: readonly OpenedBlock[],
): Promise<PickedRows | undefined> {
  const records: PreparedRecord[] = [];
  const runs: Run[] = [];
  for (const want of wanted) {
    for (const { found, opened: from, row } of overlaps(want, opened)) {
      for (let at = 0; at < found.count; at += 1) records.push(from.rows.record(row + at));
      runs.push(found);
    }
  }
  const [namespace] = records.map((record) => record.namespace);
  if (namespace === undefined) return undefined;
  const { header, body } = await sealBlock(encodeBlock(records));
  return { rows: await openBlock(namespace, readHeader(header), body), runs };
}

interface Overlap {
  readonly found: Run;
  readonly opened: OpenedBlock;
  /** Of the first of them. */
  readonly row: number;
}

/** The parts of a run that blocks have, by index. */
function overlaps(want: Run, opened: readonly OpenedBlock[]): Overlap[] {
  const found: Overlap[] = [];
  for (const each of opened) {
    let start = 0;
    for (const run of each.block.runs) {
      const from = Math.max(run.index, want.index);
      const to = Math.min(run.index + run.count, want.index + want.count);
      if (run.major === want.major && run.minor === want.minor && from < to) {
        found.push({
          found: { major: run.major, minor: run.minor, index: from, count: to - from },
          opened: each,
          row: start + from - run.index,
        });
      }
      start += run.count;
    }
  }
  return found.sort((a, b) => a.found.index - b.found.index);
}
