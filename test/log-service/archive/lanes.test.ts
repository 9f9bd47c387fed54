import fc from "fast-check";
import { expect, it } from "vitest";

import { checkMoves } from "../../../apps/log-service/src/archive/lanes.ts";
import {
  writePosition,
  writeRecordId,
  type StreamPosition,
} from "../../../apps/log-service/src/store/position.ts";
import { archivable, commit } from "./samples.ts";

/** Around where numbers get a digit more. */
const number = fc.oneof(fc.constantFrom(0, 35, 36, 1_295, 1_296), fc.integer({ min: 0, max: 40 }));
const place = fc.record({ lane: fc.constantFrom(35, 36, 37), major: number, minor: number });
const spot = fc.record({ place, index: number });

function compare(a: StreamPosition, b: StreamPosition): number {
  return a.lane - b.lane || a.major - b.major || a.minor - b.minor;
}

it("takes what lies in its lane, behind where that stood and up to where it goes, and refuses all else", () => {
  fc.assert(
    fc.property(fc.option(place), place, fc.array(spot, { maxLength: 3 }), (from, to, spots) => {
      const isInOrder = spots.every((each, index) => {
        const before = spots[index - 1];
        return (
          each.place.lane === to.lane &&
          compare(each.place, to) <= 0 &&
          (from === null || compare(each.place, from) > 0) &&
          (before === undefined ||
            (compare(before.place, each.place) || before.index - each.index) < 0)
        );
      });
      const isForward = from === null || (from.lane === to.lane && compare(from, to) < 0);
      const part = {
        ...commit(1, 1, []),
        from: from === null ? undefined : writePosition(from),
        to: writePosition(to),
        records: spots.map((each) => ({
          id: writeRecordId(writePosition(each.place), each.index),
          record: archivable(),
        })),
      };
      if (isInOrder && isForward) checkMoves([part]);
      else expect(() => checkMoves([part])).toThrow("position is not where it was");
    }),
    { numRuns: 2_000 },
  );
});

it("refuses what is no id", () => {
  const part = commit(1, 1, [archivable()]);
  const records = [{ id: `${part.to}.`, record: archivable() }];
  expect(() => checkMoves([{ ...part, records }])).toThrow("position is not where it was");
});
