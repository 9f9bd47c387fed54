import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  BlockIds,
  lanePrefix,
  readPosition,
  readPositions,
  readRecordId,
  writePosition,
  writePositions,
  writeRecordId,
} from "../../../apps/log-service/src/store/position.ts";

const whole = fc.nat(Number.MAX_SAFE_INTEGER);
const position = fc.record({ lane: fc.nat(300), major: whole, minor: whole });
const place = fc.tuple(position, fc.nat(5_000));

describe("record ids", () => {
  it("come back as the position and index that they were made of", () => {
    fc.assert(
      fc.property(place, ([at, index]) => {
        const text = writePosition(at);
        expect(readPosition(text)).toEqual(at);
        expect(readRecordId(writeRecordId(text, index))).toEqual({ position: text, index });
      }),
    );
  });

  it("sort as text in commit order", () => {
    fc.assert(
      fc.property(place, place, ([a, indexA], [b, indexB]) => {
        const order = a.lane - b.lane || a.major - b.major || a.minor - b.minor || indexA - indexB;
        const idA = writeRecordId(writePosition(a), indexA);
        const idB = writeRecordId(writePosition(b), indexB);
        return Math.sign(order) === (idA < idB ? -1 : Number(idA > idB));
      }),
      { numRuns: 1_000 },
    );
  });

  it("are short", () => {
    const at = writePosition({ lane: 1, major: Date.UTC(2026, 0, 1), minor: 0 });
    expect(writeRecordId(at, 999)).toBe("118mjuohs00102rr");
    const ids = new BlockIds(at, 3);
    expect(ids.all()).toEqual([0, 1, 2].map((index) => writeRecordId(at, index)));
    expect([0, 1, 2].map((row) => ids.at(row))).toEqual(ids.all());
    expect(JSON.parse(ids.json())).toEqual(ids.all());
    expect(new BlockIds(at, 0).json()).toBe("[]");
  });

  it("share their lane's prefix, and with no other lane", () => {
    const of = (lane: number) => lanePrefix(writePosition({ lane, major: 5, minor: 7 }));
    expect(of(1)).toBe(lanePrefix(writePosition({ lane: 1, major: 9_999_999, minor: 0 })));
    expect(new Set(Array.from({ length: 200 }, (_, lane) => of(lane))).size).toBe(200);
  });

  it("are read without harm from any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-z.]{0,60}$/)), (text) => {
        const read = readRecordId(text);
        const positions = readPositions(text);
        expect(read === undefined || typeof read.position === "string").toBe(true);
        expect(positions === undefined || writePositions(positions) === text).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});
