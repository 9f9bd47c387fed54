import { describe, expect, it } from "vitest";
import { healthApp } from "../../../apps/formats/src/formats/healthapp.ts";
import { formatOf, read } from "./read.ts";

describe("HealthApp logs", () => {
  it("reads times without leading zeros", () => {
    const line = "20200303-9:1:2:7|Step_X|30001|steps 12|x";
    expect(read(healthApp, line)).toEqual({
      message: "steps 12|x",
      timestamp: "2020-03-03T09:01:02.007Z",
      source: "Step_X",
      metadata: { pid: "30001" },
    });
    expect(formatOf(line)).toBe("healthapp");
  });
});
