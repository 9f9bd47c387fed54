import type { BlockHeader } from "../block/header.ts";
import { compareInstants, writeInstant } from "../record/time.ts";
import type { NamespaceInfo } from "./port.ts";

/** Some of a namespace's blocks, summed up. */
export interface BlocksSummary {
  readonly records: number;
  /** What they take in the store. */
  readonly stored: number;
  readonly first: BlockHeader["first"];
  readonly last: BlockHeader["last"];
}

export function describeNamespace(name: string, parts: Iterable<BlocksSummary>): NamespaceInfo {
  let records = 0;
  let bytes = 0;
  let oldest: BlockHeader["first"] | undefined;
  let newest: BlockHeader["last"] | undefined;
  for (const { records: count, stored, first, last } of parts) {
    records += count;
    bytes += stored;
    if (oldest === undefined || compareInstants(first, oldest) < 0) oldest = first;
    if (newest === undefined || compareInstants(last, newest) > 0) newest = last;
  }
  return { name, records, bytes, oldest: present(oldest), newest: present(newest) };
}

function present(instant: { ms: number; nanos: number } | undefined): string | undefined {
  return instant && writeInstant(instant.ms, instant.nanos, digitsOf(instant.nanos));
}

/** Headers keep no sender's precision: the fewest digits that lose nothing. */
function digitsOf(nanos: number): number {
  if (nanos === 0) return 3;
  return nanos % 1000 === 0 ? 6 : 9;
}
