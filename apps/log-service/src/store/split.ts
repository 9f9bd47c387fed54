import { BLOCK_LIMITS } from "../limits.ts";
import { unitsOf, type PreparedRecord } from "../record/record.ts";

/** Cuts records of one namespace into runs that each fit a block. */
export function splitForBlocks(records: readonly PreparedRecord[]): readonly PreparedRecord[][] {
  const runs: PreparedRecord[][] = [];
  let run: PreparedRecord[] = [];
  let units = 0;
  for (const record of records) {
    const size = unitsOf(record);
    const full = run.length === BLOCK_LIMITS.records || units + size > BLOCK_LIMITS.units;
    if (full && run.length > 0) {
      runs.push(run);
      run = [];
      units = 0;
    }
    run.push(record);
    units += size;
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

/** The places of a batch's records by namespace, so that ids can be put back in order. */
export function groupByNamespace(
  records: readonly PreparedRecord[],
): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>();
  records.forEach((record, place) => {
    const group = groups.get(record.namespace);
    if (group === undefined) groups.set(record.namespace, [place]);
    else group.push(place);
  });
  return groups;
}
