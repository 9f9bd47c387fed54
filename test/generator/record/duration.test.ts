import { expect, test } from "vitest";
import { duration, parseDuration } from "../../../generator/record/duration.ts";

test.each([
  ["90s", 90],
  ["15m", 900],
  ["12h", 43_200],
  ["7d", 604_800],
  ["2w", 1_209_600],
])("%s is %d seconds", (text, seconds) => {
  expect(duration(text)).toBe(seconds);
});

test.each([
  "",
  "7",
  "d",
  "0d",
  "07d",
  "-1d",
  "1.5h",
  "7 d",
  "7D",
  "1d12h",
  "9999999d",
  "7d\n",
  "P7D",
])("%j is no duration", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
