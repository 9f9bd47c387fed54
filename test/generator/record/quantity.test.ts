import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatBytes,
  formatCpu,
  parseQuantity,
  quantity,
} from "../../../generator/record/quantity.ts";

describe("quantities", () => {
  test.each([
    ["2", 2000],
    [2, 2000],
    ["500m", 500],
    ["0.1", 100],
    ["1.5", 1500],
    ["2e3", 2_000_000],
    ["1k", 1_000_000],
    ["100000u", 100],
    ["0.001", 1],
  ])("%s of CPU is %d thousandths of a core", (text, milli) => {
    expect(quantity(text, "cpu")).toBe(milli);
  });

  test.each([
    ["512Mi", 536_870_912],
    ["0.5Gi", 536_870_912],
    ["1G", 1_000_000_000],
    ["1e9", 1_000_000_000],
    [1024, 1024],
    ["1.5Ki", 1536],
    ["2000m", 2],
    ["8Ti", 8_796_093_022_208],
  ])("%s of memory is %d bytes", (text, bytes) => {
    expect(quantity(text, "bytes")).toBe(bytes);
  });

  test.each([
    "",
    "1 Gi",
    "Gi",
    "1gi",
    "1MB",
    "512MB",
    "-1",
    "+1",
    "1.",
    ".5",
    "0x10",
    "1e",
    "1e100",
    "1Ki1",
    "¹",
    "1\n",
    "NaN",
  ])("%j is none", (text) => {
    expect(parseQuantity(text, "bytes")).toHaveProperty("problem");
  });

  test("nothing is rounded: half a byte and a tenth of a milli-core are refused", () => {
    expect(parseQuantity("512m", "bytes")).toHaveProperty("problem");
    expect(parseQuantity("0.1", "bytes")).toHaveProperty("problem");
    expect(parseQuantity("0.0001", "cpu")).toHaveProperty("problem");
    expect(parseQuantity("9007199254740993", "bytes")).toHaveProperty("problem");
  });

  test("every number of bytes and milli-cores comes back from its text", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(quantity(formatBytes(value), "bytes")).toBe(value);
        const milli = value % 1_000_000_000;
        expect(quantity(formatCpu(milli), "cpu")).toBe(milli);
      }),
    );
  });

  test("what is accepted is what exact arithmetic says", () => {
    const factors: Record<string, bigint> = {
      "": 1n,
      k: 1000n,
      M: 1000n ** 2n,
      G: 1000n ** 3n,
      Ki: 1024n,
      Mi: 1024n ** 2n,
      Gi: 1024n ** 3n,
    };
    fc.assert(
      fc.property(
        fc.nat(99_999),
        fc.option(fc.stringMatching(/^\d{1,6}$/), { nil: "" }),
        fc.constantFrom(...Object.keys(factors)),
        (whole, fraction, suffix) => {
          const scaled = BigInt(whole + fraction) * (factors[suffix] ?? 0n);
          const divisor = 10n ** BigInt(fraction.length);
          const parsed = parseQuantity(`${whole}${fraction && "."}${fraction}${suffix}`, "bytes");
          if (scaled % divisor === 0n) expect(parsed).toEqual({ value: Number(scaled / divisor) });
          else expect(parsed).toHaveProperty("problem");
        },
      ),
    );
  });

  test("ten thousand different quantities do not make the memory of them grow for ever", () => {
    for (let i = 0; i < 25_000; i++) expect(quantity(`${i}Ki`, "bytes")).toBe(i * 1024);
  });
});
