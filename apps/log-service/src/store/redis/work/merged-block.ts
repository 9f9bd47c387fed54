import { encodeBlock } from "../../../block/encode.ts";
import type { BlockHeader, Run } from "../../../block/header.ts";
import type { RowMask } from "../../../block/pattern.ts";
import type { BlockRows } from "../../../block/rows.ts";
import { sealBlock, type SealedBlock } from "../../../block/seal.ts";
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

/** One block of what is left of several; undefined if that is nothing. */
export async function mergeParts(parts: readonly Part[]): Promise<SealedBlock | undefined> {
  const records: PreparedRecord[] = [];
  const runs: Run[] = [];
  for (const part of parts) takePart(part, records, runs);
  return records.length === 0 ? undefined : sealBlock(encodeBlock(records, { runs }));
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
