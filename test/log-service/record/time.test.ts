import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readInstant, writeInstant } from "../../../apps/log-service/src/record/time.ts";

const NOON = Date.UTC(2026, 0, 2, 12);

describe("reading timestamps", () => {
  it.each([
    ["2026-01-02T12:00:00Z", NOON, 0, 0],
    ["2026-01-02T12:00:00.5Z", NOON + 500, 0, 1],
    ["2026-01-02T12:00:00.123456789Z", NOON + 123, 456_789, 9],
    ["2026-01-02t12:00:00.000000001z", NOON, 1, 9],
    ["2026-01-02 12:00:00,250Z", NOON + 250, 0, 3],
    ["2026-01-02T14:30:00+02:30", NOON, 0, 0],
    ["2026-01-02T04:00:00-0800", NOON, 0, 0],
    ["2026-01-03T00:30:00+12:30", NOON, 0, 0],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29), 0, 0],
    ["2016-12-31T23:59:60Z", Date.UTC(2017, 0, 1), 0, 0],
    [1_767_355_200, NOON, 0, 0],
    [1_767_355_200_000, NOON, 0, 3],
    [1_767_355_200.25, NOON + 250, 0, 2],
    ["1767355200", NOON, 0, 0],
    ["1767355200123", NOON + 123, 0, 3],
    ["1767355200123456", NOON + 123, 456_000, 6],
    ["1767355200123456789", NOON + 123, 456_789, 9],
    ["1767355200.123456789", NOON + 123, 456_789, 9],
    [0, 0, 0, 0],
  ])("takes %s", (text, ms, nanos, digits) => {
    expect(readInstant(text)).toEqual({ ms, nanos, digits });
  });

  it.each([
    ["yesterday", "format"],
    ["", "format"],
    ["2026-01-02", "format"],
    ["2026-01-02T12:00Z", "format"],
    ["2026-01-02T12:00:00.Z", "format"],
    ["2026-01-02T12:00:00.1234567890Z", "format"],
    ["2026-01-02T12:00:00Zjunk", "format"],
    ["2026-01-02T12:00:00+1:00", "format"],
    ["2026/01/02T12:00:00Z", "format"],
    ["２026-01-02T12:00:00Z", "format"],
    ["2026-01-02T12:00:00", "offset"],
    ["2026-02-30T12:00:00Z", "range"],
    ["2026-13-01T12:00:00Z", "range"],
    ["2026-00-10T12:00:00Z", "range"],
    ["2026-01-02T24:00:00Z", "range"],
    ["2026-01-02T12:60:00Z", "range"],
    ["2026-01-02T12:00:00+24:00", "range"],
    ["1969-12-31T23:59:59Z", "range"],
    ["9999-12-31T23:59:59Z", "range"],
    [-1, "range"],
    [Number.NaN, "range"],
    [Number.POSITIVE_INFINITY, "range"],
    [1e300, "range"],
    ["99999999999999999999", "format"],
    ["9999999999999999999", "range"],
    [true, "format"],
    [{}, "format"],
    [["2026-01-02T12:00:00Z"], "format"],
  ])("refuses %s", (text, problem) => {
    expect(readInstant(text)).toBe(problem);
  });

  it("gives back what was sent, to the nanosecond and with the sender's precision", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9_223_372_035 }),
        fc.integer({ min: 0, max: 999_999_999 }),
        fc.integer({ min: 0, max: 9 }),
        (second, nanosecond, digits) => {
          const whole = new Date(second * 1000).toISOString().slice(0, 19);
          const fraction = String(nanosecond).padStart(9, "0").slice(0, digits);
          const text = `${whole}${digits === 0 ? "" : `.${fraction}`}Z`;
          const instant = readInstant(text);
          if (typeof instant === "string") throw new Error(instant);
          return writeInstant(instant.ms, instant.nanos, instant.digits) === text;
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("never throws and never leaves the range, whatever the text", () => {
    const near = fc.stringMatching(/^[0-9]{0,5}-?[0-9]{0,3}-?[0-9TZ:.+ -]{0,20}$/);
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), near), (value) => {
        const instant = readInstant(value);
        return typeof instant === "string" || (instant.ms >= 0 && instant.ms <= 9_223_372_036_000);
      }),
      { numRuns: 5_000 },
    );
  });
});
