import { expect, test } from "vitest";

import { quantile, slope, slopeText, sorted } from "../../../bench/support/figures.ts";

/** Normal noise, the same in each run (Box and Muller, over a linear congruential generator). */
function noise(seed: number): () => number {
  let state = seed;
  const even = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  for (let at = 0; at < 10; at += 1) even();
  return () => Math.sqrt(-2 * Math.log(even())) * Math.cos(2 * Math.PI * even());
}

/** How many of 400 intervals hold the true slope, where each sample keeps so much of the one before. */
function coverage(keeps: number, samples: number): number {
  let held = 0;
  for (let run = 1; run <= 400; run += 1) {
    const next = noise(run);
    let level = 0;
    const points = Array.from({ length: samples }, (_none, at): [number, number] => {
      level = keeps * level + next();
      return [at, 0.25 * at + level];
    });
    const { perUnit, plusMinus } = slope(points);
    if (Math.abs(perUnit - 0.25) <= plusMinus) held += 1;
  }
  return held / 400;
}

test("a slope without noise is exact, and sure", () => {
  const { perUnit, plusMinus } = slope([1, 2, 3, 4, 5].map((x) => [x, 3 * x + 1]));
  expect([perUnit, plusMinus]).toEqual([expect.closeTo(3, 9), expect.closeTo(0, 9)]);
});

test("a slope and its interval are a textbook's where the residuals do not resemble each other", () => {
  // Residuals +1, -1, -1, +1 … around 2x: their lag-1 product is not positive, so that all of them count.
  const points = [1, -1, 1, -1, 1, -1].map((off, x): [number, number] => [x, 2 * x + off]);
  const { perUnit, plusMinus } = slope(points);
  // By hand: slope 2 - 3 / 17.5, residual sum of squares 6 - 9 / 17.5, t(4) = 2.776.
  expect(perUnit).toBeCloseTo(2 - 3 / 17.5, 9);
  expect(plusMinus).toBeCloseTo(2.776 * Math.sqrt((6 - 9 / 17.5) / 4 / 17.5), 2);
});

test.each([
  [0, 60],
  [0.5, 200],
  [0.9, 1_800],
])(
  "95% intervals hold the true slope in about 95% of runs, samples that keep %d included",
  (keeps, samples) => {
    const held = coverage(keeps, samples);
    expect(held).toBeGreaterThan(0.91);
    expect(held).toBeLessThan(0.985);
  },
);

test.each<[string, [number, number][]]>([
  ["no point", []],
  ["one point", [[1, 2]]],
  [
    "two points",
    [
      [1, 2],
      [2, 3],
    ],
  ],
  [
    "points of one time",
    [
      [1, 2],
      [1, 3],
      [1, 4],
    ],
  ],
])("%s says nothing for sure", (_what, points) => {
  const found = slope(points);
  expect(found.plusMinus).toBe(Number.POSITIVE_INFINITY);
  expect(slopeText(found, "MiB an hour")).toContain("too few samples");
});

test("a slope is told with its sign and its interval", () => {
  expect(slopeText({ perUnit: 1.25, plusMinus: 0.44 }, "MiB an hour")).toBe(
    "+1.3 MiB an hour (95%: ± 0.4)",
  );
  expect(slopeText({ perUnit: -2, plusMinus: 3 }, "MiB an hour")).toContain("-2.0");
});

test("quantiles are values of the list", () => {
  const list = sorted([5, 1, 4, 2, 3]);
  expect([quantile(list, 0), quantile(list, 0.5), quantile(list, 0.99)]).toEqual([1, 3, 5]);
});
