import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  positionBefore,
  readBookmark,
  writeBookmark,
  type Mark,
} from "../../../apps/log-service/src/follow/bookmark.ts";
import {
  lanePrefix,
  writePosition,
  writeRecordId,
} from "../../../apps/log-service/src/store/position.ts";

const whole = fc.nat({ max: 2 ** 40 });
const mark = (lane: number): fc.Arbitrary<Mark> =>
  fc
    .tuple(
      whole,
      whole,
      fc.option(fc.nat(4_095), { nil: undefined }),
      fc.option(whole, { nil: undefined }),
    )
    .map(([major, minor, index, count]) => {
      const position = writePosition({ lane, major, minor });
      const at = index === undefined ? position : writeRecordId(position, index);
      return count === undefined ? { at } : { at, count };
    });
const bookmark = fc
  .uniqueArray(fc.integer({ min: 1, max: 300 }), { maxLength: 20 })
  .chain((lanes) => fc.tuple(...lanes.map(mark)))
  .map((marks: Mark[]) => new Map(marks.map((one) => [lanePrefix(one.at), one])));

describe("a bookmark", () => {
  test("is read back as it was written", () => {
    fc.assert(
      fc.property(bookmark, (written) => {
        expect(readBookmark(writeBookmark(written), 300)).toEqual(written);
      }),
    );
  });

  test("that nobody wrote is none, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const read = readBookmark(text, 300);
        if (read !== undefined) expect(readBookmark(writeBookmark(read), 300)).toEqual(read);
      }),
    );
  });

  test("with more lanes than there may be is none", () => {
    const text = [1, 2, 3].map((lane) => writePosition({ lane, major: 1, minor: 0 })).join(".");
    expect(readBookmark(text, 2)).toBeUndefined();
  });

  test("that names a lane twice is none", () => {
    const position = writePosition({ lane: 1, major: 1, minor: 0 });
    expect(readBookmark(`${position}.${position}`, 300)).toBeUndefined();
  });

  test("lies right before a position: nothing is between the two", () => {
    fc.assert(
      fc.property(whole, fc.integer({ min: 1, max: 2 ** 40 }), (minor, major) => {
        const position = writePosition({ lane: 1, major, minor });
        const before = positionBefore(position);
        expect(before < position).toBe(true);
        const expected =
          minor > 0
            ? { lane: 1, major, minor: minor - 1 }
            : { lane: 1, major: major - 1, minor: Number.MAX_SAFE_INTEGER };
        expect(before).toBe(writePosition(expected));
      }),
    );
  });
});
