import { describe, expect, it } from "vitest";
import { windows } from "../../../apps/formats/src/formats/windows.ts";
import { formatOf, read } from "./read.ts";

describe("Windows servicing logs", () => {
  it("reads a level and a component in columns", () => {
    const line = "2020-03-03 09:10:11, Warning               CBS    Package: A~~6.1, state: 64";
    expect(read(windows, line)).toEqual({
      message: "Package: A~~6.1, state: 64",
      timestamp: "2020-03-03T09:10:11Z",
      level: "WARN",
      source: "CBS",
      metadata: { severity: "Warning" },
    });
    expect(formatOf(line)).toBe("windows");
  });
});
