import { describe, expect, it } from "vitest";
import { leadingLevel, levelOf, levelOfNumber } from "../../../apps/formats/src/formats/level.ts";

describe("levels", () => {
  it.each([
    ["Warning", "WARN"],
    ["critical", "FATAL"],
    ["notice", "INFO"],
    ["trace3", "TRACE"],
    ["ERR", "ERROR"],
    ["toString", undefined],
  ])("reads the word %s as %s", (word, level) => {
    expect(levelOf(word)).toBe(level);
  });

  it.each([
    [3, "ERROR"],
    [7, "DEBUG"],
    [10, "TRACE"],
    [60, "FATAL"],
    [8, undefined],
    [-1, undefined],
    [1e9, undefined],
  ])("reads the number %d as %s", (number, level) => {
    expect(levelOfNumber(number)).toBe(level);
  });

  it.each([
    ["WARN slow", "WARN", "slow"],
    ["error: full", "ERROR", "full"],
    ["<Info> - up", "INFO", "up"],
  ])("finds the level at the start of '%s'", (text, level, rest) => {
    expect(leadingLevel(text)).toMatchObject({ level, rest });
  });

  it.each(["Error handling was improved", "warn the users", "INFORMER started", "fatal"])(
    "takes no word of '%s' for a level",
    (text) => {
      expect(leadingLevel(text)).toBeUndefined();
    },
  );
});
