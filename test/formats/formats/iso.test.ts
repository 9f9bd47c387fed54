import { describe, expect, it } from "vitest";
import { iso } from "../../../apps/formats/src/formats/iso.ts";
import { formatOf, read } from "./read.ts";

describe("lines that start with an ISO time", () => {
  it("reads nanoseconds, zone and level", () => {
    const line = "2024-01-02T03:04:05.123456789+02:00 ERROR disk full";
    expect(read(iso, line)).toEqual({
      message: "disk full",
      timestamp: "2024-01-02T01:04:05.123456789Z",
      level: "ERROR",
    });
    expect(formatOf(line)).toBe("iso");
  });

  it("reads brackets", () => {
    const line = "[2024-01-02 03:04:05] [warn] slow";
    expect(read(iso, line)).toEqual({
      message: "slow",
      timestamp: "2024-01-02T03:04:05Z",
      level: "WARN",
    });
    expect(formatOf(line)).toBe("iso");
  });

  it("reads the slashes of Go's log package", () => {
    const line = "2024/01/02 03:04:05 listening";
    expect(read(iso, line)).toEqual({ message: "listening", timestamp: "2024-01-02T03:04:05Z" });
    expect(formatOf(line)).toBe("iso");
  });

  it("takes no word of a sentence for a level", () => {
    const line = "2024-01-02T03:04:05Z info desk opened";
    expect(read(iso, line)).toEqual({
      message: "info desk opened",
      timestamp: "2024-01-02T03:04:05Z",
    });
    expect(formatOf(line)).toBe("iso");
  });

  it("reads Python's separators", () => {
    const line = "2024-01-02 03:04:05,678 - ERROR - broken";
    expect(read(iso, line)).toEqual({
      message: "broken",
      timestamp: "2024-01-02T03:04:05.678Z",
      level: "ERROR",
    });
    expect(formatOf(line)).toBe("iso");
  });

  it("leaves a file name that starts with a time", () => {
    expect(read(iso, "2024-01-02T03:04:05.tar.gz copied")).toBeUndefined();
  });

  it("leaves a bracket that does not close", () => {
    expect(read(iso, "[2024-01-02 03:04:05 slow")).toBeUndefined();
  });
});
