import type { Moment } from "../query/filter.ts";

export const MS = 1_000_000n;

/** @param nanos Since the epoch; what is before it is the epoch. */
export function momentOf(nanos: bigint): Moment {
  const at = nanos < 0n ? 0n : nanos;
  return { ms: Number(at / MS), nanos: Number(at % MS) };
}
