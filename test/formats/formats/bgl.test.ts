import { describe, expect, it } from "vitest";
import { bgl } from "../../../apps/formats/src/formats/bgl.ts";
import { formatOf, read } from "./read.ts";

describe("Blue Gene/L events", () => {
  it("takes the seconds since 1970, which need no zone, and the local time's microseconds", () => {
    const line =
      "- 1700000000 2023.11.14 R00-M0-N1 2023-11-14-14.13.20.000123 R00-M0-N1 RAS KERNEL INFO cache parity corrected";
    expect(read(bgl, line)).toEqual({
      message: "cache parity corrected",
      timestamp: "2023-11-14T22:13:20.000123Z",
      level: "INFO",
      source: "KERNEL",
      metadata: { location: "R00-M0-N1", kind: "RAS" },
    });
    expect(formatOf(line)).toBe("bgl");
  });

  it("keeps the local time where it is of another second", () => {
    const line =
      "APPX 1700000000 2023.11.14 R00 2023-11-14-14.13.19.900000 R01 RAS APP FATAL link severed";
    expect(read(bgl, line)).toEqual({
      message: "link severed",
      timestamp: "2023-11-14T22:13:20Z",
      level: "FATAL",
      source: "APP",
      metadata: {
        alert: "APPX",
        location: "R00",
        node: "R01",
        kind: "RAS",
        local_time: "2023-11-14-14.13.19.900000",
      },
    });
    expect(formatOf(line)).toBe("bgl");
  });

  it("reads a severity that has another name here", () => {
    const line =
      "- 1700000000 2023.11.14 R00 2023-11-14-14.13.20.000001 R00 NULL DISCOVERY SEVERE no answer";
    expect(read(bgl, line)).toEqual({
      message: "no answer",
      timestamp: "2023-11-14T22:13:20.000001Z",
      level: "ERROR",
      source: "DISCOVERY",
      metadata: { location: "R00", kind: "NULL", severity: "SEVERE" },
    });
    expect(formatOf(line)).toBe("bgl");
  });
});
