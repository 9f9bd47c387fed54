import { describe, expect, it } from "vitest";
import { apacheError } from "../../../apps/formats/src/formats/apache-error.ts";
import { formatOf, read } from "./read.ts";

describe("Apache error logs", () => {
  it("reads the old form", () => {
    const line = "[Tue Mar 03 09:10:11 2020] [error] proxy child in error state 6";
    expect(read(apacheError, line)).toEqual({
      message: "proxy child in error state 6",
      timestamp: "2020-03-03T09:10:11Z",
      level: "ERROR",
    });
    expect(formatOf(line)).toBe("apache-error");
  });

  it("keeps a level that has another name here", () => {
    const line = "[Tue Mar  3 09:10:11 2020] [notice] ready";
    expect(read(apacheError, line)).toEqual({
      message: "ready",
      timestamp: "2020-03-03T09:10:11Z",
      level: "INFO",
      metadata: { severity: "notice" },
    });
    expect(formatOf(line)).toBe("apache-error");
  });

  it("reads the form of 2.4 with module, process and client", () => {
    const line =
      "[Tue Mar 03 09:10:11.123456 2020] [ssl:warn] [pid 12:tid 345] [client 192.0.2.7:5511] AH01: no match";
    expect(read(apacheError, line)).toEqual({
      message: "AH01: no match",
      timestamp: "2020-03-03T09:10:11.123456Z",
      level: "WARN",
      source: "ssl",
      metadata: { pid: "12", thread: "345", client: "192.0.2.7:5511" },
    });
    expect(formatOf(line)).toBe("apache-error");
  });

  it("leaves a day that no month has", () => {
    expect(read(apacheError, "[Tue Feb 30 09:10:11 2020] [error] x")).toBeUndefined();
  });
});
