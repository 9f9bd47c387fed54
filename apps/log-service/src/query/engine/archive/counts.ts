import type { Tally } from "../../../archive/port.ts";
import type { BlockHeader } from "../../../block/header.ts";
import { LEVELS } from "../../../record/level.ts";
import { compareInstants } from "../../../record/time.ts";

/** Counts of some archived records in the form in which a block's header has them. */
export interface Count {
  readonly namespace: string;
  readonly header: BlockHeader;
}

const MINUTE_MS = 60_000;

/**
 * One count for each namespace and bucket.
 * @param levels By namespace, level and, if there is one, bucket.
 * @param sources By namespace and source; undefined where nobody needs them.
 */
export function countsOf(
  levels: readonly Tally[],
  sources: readonly Tally[] | undefined,
  bucketMs: number | undefined,
): readonly Count[] {
  const named = Map.groupBy(sources ?? [], ({ keys }) => keys[0]);
  const groups = Map.groupBy(levels, ({ keys: [namespace, , bucket] }) =>
    JSON.stringify([namespace, bucket]),
  );
  return [...groups.values()].flatMap((tallies): Count[] => {
    const [some] = tallies;
    if (some === undefined) return [];
    const [namespace, , bucket] = some.keys;
    const counts = LEVELS.map(() => 0);
    let { first, last } = some;
    for (const { keys, count, first: from, last: to } of tallies) {
      counts[Number(keys[1])] = (counts[Number(keys[1])] ?? 0) + count;
      if (compareInstants(from, first) < 0) first = from;
      if (compareInstants(to, last) > 0) last = to;
    }
    // All of an interval as of its first minute: who asked for it has none that is shorter.
    const hasMinutes = bucketMs !== undefined && bucketMs % MINUTE_MS === 0;
    const own = named.get(namespace) ?? [];
    const bySource = own.map(({ keys, count }) => [String(keys[1]), count] as const);
    return [
      {
        namespace: String(namespace),
        header: {
          ...NOTHING_STORED,
          records: counts.reduce((sum, count) => sum + count, 0),
          first,
          last,
          levels: counts,
          sources: new Map(bySource.filter(([source]) => source !== "")),
          sourcesComplete: sources !== undefined,
          minutes: hasMinutes
            ? [{ minute: Math.floor(Number(bucket) / MINUTE_MS), levels: counts }]
            : undefined,
        },
      },
    ];
  });
}

/** What a header tells of a body. */
const NOTHING_STORED = {
  rawBytes: 0,
  bodyBytes: 0,
  receivedFirst: 0,
  receivedLast: 0,
  runs: undefined,
  traceFilter: new Uint8Array(),
} as const;
