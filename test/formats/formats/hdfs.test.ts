import { describe, expect, it } from "vitest";
import { hdfs } from "../../../apps/formats/src/formats/hdfs.ts";
import { formatOf, read } from "./read.ts";

describe("HDFS logs", () => {
  it("reads a date and a time without separators", () => {
    const line = "200303 091011 42 WARN dfs.Node$Xceiver: 192.0.2.9:50010 failed";
    expect(read(hdfs, line)).toEqual({
      message: "192.0.2.9:50010 failed",
      timestamp: "2020-03-03T09:10:11Z",
      level: "WARN",
      source: "dfs.Node$Xceiver",
      metadata: { thread: "42" },
    });
    expect(formatOf(line)).toBe("hdfs");
  });

  it("leaves a thirteenth month", () => {
    expect(read(hdfs, "201303 091011 42 WARN dfs.Node: x")).toBeUndefined();
  });

  it("leaves numbers that are no time", () => {
    expect(read(hdfs, "200303 096011 42 WARN dfs.Node: x")).toBeUndefined();
  });
});
