import { describe, expect, it } from "vitest";
import { epochTime } from "../../../apps/formats/src/time/epoch.ts";

describe("times since 1970", () => {
  it.each([
    ["1704164645", "2024-01-02T03:04:05Z"],
    ["1704164645.25", "2024-01-02T03:04:05.25Z"],
    ["1704164645006", "2024-01-02T03:04:05.006Z"],
    ["1704164645006007", "2024-01-02T03:04:05.006007Z"],
    ["1704164645006007008", "2024-01-02T03:04:05.006007008Z"],
  ])("reads %s by its size", (text, time) => {
    expect(epochTime(text)).toBe(time);
  });

  it.each(["12", "12.5", "", "1e9", "-1704164645", "17041646450060070080"])(
    "leaves '%s', which is no such time",
    (text) => {
      expect(epochTime(text)).toBeUndefined();
    },
  );
});
