import { describe, expect, it } from "vitest";
import { log4j } from "../../../apps/formats/src/formats/log4j.ts";
import { formatOf, read } from "./read.ts";

describe("Log4j lines, as Hadoop writes them", () => {
  it("reads level, thread and logger", () => {
    const line =
      "2020-03-03 09:10:11,978 INFO [IPC Server handler 3 on 80] org.example.Master: done";
    expect(read(log4j, line)).toEqual({
      message: "done",
      timestamp: "2020-03-03T09:10:11.978Z",
      level: "INFO",
      source: "org.example.Master",
      metadata: { thread: "IPC Server handler 3 on 80" },
    });
    expect(formatOf(line)).toBe("log4j");
  });

  it("reads a thread with brackets in its name", () => {
    const line = "2020-03-03 09:10:11,978 ERROR [pool[7]-x] org.example.Master: gone";
    expect(read(log4j, line)).toEqual({
      message: "gone",
      timestamp: "2020-03-03T09:10:11.978Z",
      level: "ERROR",
      source: "org.example.Master",
      metadata: { thread: "pool[7]-x" },
    });
    expect(formatOf(line)).toBe("log4j");
  });
});
