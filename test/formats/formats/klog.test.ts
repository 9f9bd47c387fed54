import { describe, expect, it } from "vitest";
import { klog } from "../../../apps/formats/src/formats/klog.ts";
import { formatOf, read } from "./read.ts";

describe("klog lines", () => {
  it("reads the level's letter", () => {
    const line = "E1002 03:04:05.000678   1234 server.go:42] lost";
    expect(read(klog, line)).toEqual({
      message: "lost",
      timestamp: "2026-10-02T03:04:05.000678Z",
      level: "ERROR",
      metadata: { thread: "1234", code: "server.go:42" },
    });
    expect(formatOf(line)).toBe("klog");
  });
});
