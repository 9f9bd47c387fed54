import { encodeBlock } from "../../../block/encode.ts";
import type { BlockHeader, Run } from "../../../block/header.ts";
import type { RowMask } from "../../../block/pattern.ts";
import type { BlockRows } from "../../../block/rows.ts";
import { sealBlock, type SealedBlock } from "../../../block/seal.ts";
import { WORK_LIMITS } from "../../../limits.ts";
import type { PreparedRecord } from "../../../record/record.ts";
import type { Place } from "../../stored-block.ts";

/** A decoded block on its way into another. */
export interface Part {
  readonly place: Place;
  readonly header: BlockHeader;
  readonly rows: BlockRows;
  /** 1 for each row that was cleared. */
  readonly cleared: RowMask | undefined;
}

/**
 * One block of what is left of several; undefined if that is nothing.
 * @returns also of how many it is: of the first ones whose texts can be read from one block again.
 */
export async function mergeParts(
  parts: readonly Part[],
): Promise<{ readonly block: SealedBlock | undefined; readonly taken: number }> {
  const records: PreparedRecord[] = [];
  const runs: Run[] = [];
  let bytes = 0;
  let taken = 0;
  for (const part of parts) {
    const [before, runsBefore] = [records.length, runs.length];
    takePart(part, records, runs);
    bytes += addedBytes(records, before);
    if (bytes > WORK_LIMITS.mergedTextBytes && before > 0) {
      records.length = before;
      runs.length = runsBefore;
      break;
    }
    taken += 1;
  }
  const block = records.length === 0 ? undefined : await sealBlock(encodeBlock(records, { runs }));
  return { block, taken };
}

/** What reading a part's rows gives back: equal texts lie there once, and are as many again. */
export function textBytes({ rows }: Part): number {
  let bytes = 0;
  for (let row = 0; row < rows.count; row += 1) {
    bytes += Buffer.byteLength(rows.message(row)) + Buffer.byteLength(rows.metadata(row));
  }
  return bytes;
}

/** The same of records from a place on. */
function addedBytes(records: readonly PreparedRecord[], from: number): number {
  let bytes = 0;
  for (let at = from; at < records.length; at += 1) {
    const { message = "", metadata = "" } = records[at] ?? {};
    bytes += Buffer.byteLength(message) + Buffer.byteLength(metadata);
  }
  return bytes;
}

/** Appends a part's rows; neighbours that were committed next to each other share a run. */
function takePart(part: Part, records: PreparedRecord[], runs: Run[]): void {
  const { place, header, rows, cleared } = part;
  const { major, minor } = place;
  const origins = header.runs ?? [{ major, minor, index: 0, count: rows.count }];
  let row = 0;
  for (const origin of origins) {
    let open: { major: number; minor: number; index: number; count: number } | undefined;
    for (let offset = 0; offset < origin.count; offset += 1, row += 1) {
      if (cleared?.[row] === 1) {
        open = undefined;
        continue;
      }
      records.push(rows.record(row));
      if (open === undefined) {
        open = { ...origin, index: origin.index + offset, count: 0 };
        runs.push(open);
      }
      open.count += 1;
    }
  }
}
