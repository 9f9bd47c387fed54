import type { BlockHeader } from "../../block/header.ts";
import { LEVELS, type Level } from "../../record/level.ts";
import { compareInstants } from "../../record/time.ts";
import type { Moment, TimeFilter } from "../filter.ts";
import { rowsThat } from "./mask.ts";
import { rowNode, type Node } from "./node.ts";

export function levelNode(levels: readonly Level[]): Node {
  const wanted = LEVELS.map((level) => levels.includes(level));
  const some = ({ levels: counts }: BlockHeader, is: boolean): boolean => {
    for (let level = 0; level < counts.length; level += 1) {
      if ((counts[level] ?? 0) > 0 && wanted[level] === is) return true;
    }
    return false;
  };
  return {
    ...rowNode(1, (rows, _, among) => {
      const column = rows.levels;
      return rowsThat(rows.count, among, (row) => wanted[column[row] ?? 0] === true);
    }),
    mayMatch: (header) => some(header, true),
    matchesAll: (header) => !some(header, false),
    levels: wanted,
  };
}

export function timeNode({ field, from, to }: TimeFilter): Node {
  const within = (moment: Moment): boolean =>
    (from === undefined || compareInstants(moment, from) >= 0) &&
    (to === undefined || compareInstants(moment, to) < 0);
  return {
    ...rowNode(2, (rows, _, among) => {
      if (field === "received") {
        return rowsThat(rows.count, among, (row) => within({ ms: rows.received(row), nanos: 0 }));
      }
      const { ms } = rows;
      return rowsThat(rows.count, among, (row) => {
        const at = ms[row] ?? 0;
        // Only at the very edges does what lies below the millisecond matter.
        const edge = at === from?.ms || at === to?.ms;
        return within({ ms: at, nanos: edge ? rows.nanos(row) : 0 });
      });
    }),
    mayMatch: (header) => {
      const { first, last } = rangeOf(header);
      const late = to !== undefined && compareInstants(first, to) >= 0;
      return !late && !(from !== undefined && compareInstants(last, from) < 0);
    },
    matchesAll: (header) => {
      const { first, last } = rangeOf(header);
      return within(first) && within(last);
    },
  };

  function rangeOf(header: BlockHeader): { first: Moment; last: Moment } {
    if (field === "timestamp") return header;
    const { receivedFirst, receivedLast } = header;
    return { first: { ms: receivedFirst, nanos: 0 }, last: { ms: receivedLast, nanos: 0 } };
  }
}
