import type { BlockHeader } from "../block/header.ts";
import { WORK_LIMITS } from "../limits.ts";
import { compareInstants, writeInstant } from "../record/time.ts";
import type { BlockCount, NamespaceInfo } from "./port.ts";

/** Some of a namespace's blocks, summed up. */
export interface BlocksSummary {
  readonly blocks: number;
  readonly records: number;
  /** What they take in the store. */
  readonly stored: number;
  readonly first: BlockHeader["first"];
  readonly last: BlockHeader["last"];
}

/** All blocks of one lane, summed up in parts. */
export interface LaneSummary {
  readonly small: readonly BlocksSummary[];
  readonly large: readonly BlocksSummary[];
}

export function describeNamespace(
  name: string,
  lanes: readonly LaneSummary[],
  tombstones: number,
): NamespaceInfo {
  const small = lanes.map((lane) => countOf(lane.small));
  const large = lanes.map((lane) => countOf(lane.large));
  const debt = small.filter(({ blocks }) => blocks >= WORK_LIMITS.quietBlocks);
  let bytes = 0;
  let oldest: BlockHeader["first"] | undefined;
  let newest: BlockHeader["last"] | undefined;
  for (const { stored, first, last } of lanes.flatMap((lane) => [...lane.small, ...lane.large])) {
    bytes += stored;
    if (oldest === undefined || compareInstants(first, oldest) < 0) oldest = first;
    if (newest === undefined || compareInstants(last, newest) > 0) newest = last;
  }
  return {
    name,
    records: countOf([...small, ...large]).records,
    bytes,
    oldest: present(oldest),
    newest: present(newest),
    small: countOf(small),
    large: countOf(large),
    debt: countOf(debt),
    tombstones,
  };
}

function countOf(parts: readonly BlockCount[]): BlockCount {
  let blocks = 0;
  let records = 0;
  for (const part of parts) {
    blocks += part.blocks;
    records += part.records;
  }
  return { blocks, records };
}

function present(instant: { ms: number; nanos: number } | undefined): string | undefined {
  return instant && writeInstant(instant.ms, instant.nanos, digitsOf(instant.nanos));
}

/** Headers keep no sender's precision: the fewest digits that lose nothing. */
function digitsOf(nanos: number): number {
  if (nanos === 0) return 3;
  return nanos % 1000 === 0 ? 6 : 9;
}
