import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { didYouMean, distance } from "../../../generator/record/suggest.ts";

describe("did you mean", () => {
  test.each([
    ["memroy", "memory"],
    ["Tier", "tier"],
    ["organisations", "organizations"],
    ["logservice", "logService"],
    ["maxx", "max"],
  ])("%s suggests %s", (word, name) => {
    const names = ["memory", "tier", "organizations", "logService", "max", "min"];
    expect(didYouMean(word, names)).toBe(`did you mean '${name}'?`);
  });

  test("a word that is like none suggests none", () => {
    expect(didYouMean("banana", ["memory", "tier"])).toBeNull();
    expect(didYouMean("x".repeat(100_000), ["x"])).toBeNull();
  });

  test("the distance is the fewest insertions, deletions, changes and swaps of neighbours", () => {
    expect(distance("", "abc")).toBe(3);
    expect(distance("owner", "owenr")).toBe(1);
    expect(distance("kitten", "sitting")).toBe(3);
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(distance(a, a)).toBe(0);
        expect(distance(a, b)).toBe(distance(b, a));
        expect(distance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });
});
