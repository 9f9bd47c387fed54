import { describe, expect, it } from "vitest";
import { spark } from "../../../apps/formats/src/formats/spark.ts";
import { formatOf, read } from "./read.ts";

describe("Spark logs", () => {
  it("reads a year of two digits", () => {
    const line = "20/03/03 09:10:11 INFO storage.Store: kept";
    expect(read(spark, line)).toEqual({
      message: "kept",
      timestamp: "2020-03-03T09:10:11Z",
      level: "INFO",
      source: "storage.Store",
    });
    expect(formatOf(line)).toBe("spark");
  });

  it("leaves a word that is no level", () => {
    expect(read(spark, "20/03/03 09:10:11 HELLO storage.Store: kept")).toBeUndefined();
  });
});
