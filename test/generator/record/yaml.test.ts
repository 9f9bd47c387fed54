import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { MAX_PROBLEMS_PER_FILE } from "../../../generator/limits.ts";
import { readTenant } from "../../../generator/record/read.ts";
import { readCarefully } from "../../../generator/record/yaml/careful.ts";
import { readQuickly } from "../../../generator/record/yaml/quick.ts";

const acme = readFileSync(new URL("../../../tenants/acme.yaml", import.meta.url), "utf8");
const plain = JSON.stringify;

/** Pieces that YAML readers disagree about, beside everyday ones. */
const piece = fc.constantFrom(
  ..."\n|\n  |: |- |, |[|]|{|}|'|\"|#|\t|&a|*a|!|!!str|<<|? |%|@|`|---\n|...\n|\r\n|\\|\u0000|\u0085|\u2028|\uFEFF|é".split(
    "|",
  ),
  "|",
  ">",
  "a",
  "id",
  "no",
  "On",
  "TRUE",
  "~",
  "null",
  "1",
  "01",
  "0x1f",
  "1_000",
  "1e3",
  ".5",
  "-0",
  "2026-01-01",
  "__proto__",
  "constructor",
);

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join("")),
  // A real record with a few places spoilt.
  fc
    .array(fc.tuple(fc.nat(acme.length), fc.nat(8), piece), { minLength: 1, maxLength: 4 })
    .map((edits) =>
      edits.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), acme),
    ),
);

describe("hostile YAML", () => {
  test("never makes the reader throw, and what cannot be read is always reported", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { value, problems } = readCarefully("tenants/x.yaml", text);
        expect(value === undefined && problems.length === 0).toBe(false);
        const { sourced, problems: all } = readTenant("tenants/x.yaml", text);
        expect(sourced === null && all.length === 0).toBe(false);
        for (const { line, column, source } of all) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
          expect(column).toBeLessThanOrEqual(source.length + 2);
        }
      }),
      { numRuns: 1500 },
    );
  });

  test("means the same to the quick reader as to the careful one, or the quick one declines", () => {
    let quick = 0;
    fc.assert(
      fc.property(hostile, (text) => {
        const read = readQuickly(text);
        if (read === undefined) return;
        quick += 1;
        const { value, problems } = readCarefully("tenants/x.yaml", text);
        expect(problems.map(({ code }) => code)).toEqual([]);
        expect(plain(read.value)).toBe(plain(value));
      }),
      { numRuns: 3000 },
    );
    // A quick reader that always declines would pass, too.
    expect(quick).toBeGreaterThan(300);
  });

  test("any value comes back from its YAML text through either reader", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (json) => {
        fc.pre(typeof json === "object" && json !== null);
        const text = stringify(json, { defaultStringType: "QUOTE_DOUBLE", version: "1.2" });
        // Exponents are text for us; no field takes such a number.
        fc.pre(!/\d[eE][+-]?\d|\d{17}|\.\d{10}|-0\b|"__proto__"|"<<"|"":/.test(text));
        const { value, problems } = readCarefully("tenants/x.yaml", text);
        expect(problems).toEqual([]);
        expect(plain(value)).toBe(plain(json));
      }),
      { numRuns: 1000 },
    );
  });

  test("billion laughs: aliases are refused, not unfolded", () => {
    const lines = Array.from({ length: 30 }, (_, i) =>
      i === 0
        ? "a0: &a0 [lol, lol]"
        : `a${i}: &a${i} [*a${i - 1}, *a${i - 1}, *a${i - 1}, *a${i - 1}]`,
    );
    const { problems } = readTenant("tenants/x.yaml", lines.join("\n"));
    expect(problems.some(({ code }) => code === "yaml-alias")).toBe(true);
  });

  test.each([
    ["brackets", "a: " + "[".repeat(100_000)],
    ["closed brackets", "a: " + "[".repeat(50_000) + "]".repeat(50_000)],
    ["braces", "{a: ".repeat(50_000)],
    ["dashes", "- ".repeat(100_000)],
    ["question marks", "? ".repeat(100_000)],
    ["indentation", Array.from({ length: 500 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")],
  ])("nesting by %s is refused without exhausting the stack", (_, text) => {
    const { value, problems } = readCarefully("tenants/x.yaml", text);
    expect(problems.map(({ code }) => code)).toContain("yaml-too-deep");
    expect(JSON.stringify(value ?? null).length).toBeLessThan(1000);
  });

  test("ten thousand errors in one file are cut short", () => {
    const { problems } = readCarefully("tenants/x.yaml", "- no\n".repeat(10_000));
    expect(problems).toHaveLength(MAX_PROBLEMS_PER_FILE);
  });

  test("twenty thousand keys in one map are read in time that grows with their number", () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `k${i}: ! 1`).join("\n");
    expect(readCarefully("tenants/x.yaml", text).problems).toHaveLength(MAX_PROBLEMS_PER_FILE);
  });
});

describe("a scalar without quotes", () => {
  test.each([
    ["12", 12],
    ["-1.5", -1.5],
    ["true", true],
    ["null", null],
    ["~", null],
    ["", null],
    ["012", "012"],
    ["0x1f", "0x1f"],
    ["0o17", "0o17"],
    ["1_000", "1_000"],
    ["1e3", "1e3"],
    ["+1", "+1"],
    [".5", ".5"],
    [".inf", ".inf"],
    ["NULL", "NULL"],
    ["2026-01-01", "2026-01-01"],
    ["12345678901234567890", "12345678901234567890"],
  ])("%s has one meaning for both readers", (text, meaning) => {
    const yaml = `a: ${text}\n`;
    expect(readQuickly(yaml)?.value).toEqual({ a: meaning });
    expect(readCarefully("tenants/x.yaml", yaml).value).toEqual({ a: meaning });
  });

  test.each(["y", "N", "yes", "No", "ON", "off", "True", "FALSE"])(
    "%s is ambiguous, as a value, in a list and as a key, but not in quotes",
    (word) => {
      for (const yaml of [
        `a: ${word}`,
        `a: [x, ${word}]`,
        `a:\n  - ${word}`,
        `a: { ${word}: 1 }`,
      ]) {
        expect(readQuickly(yaml)).toBeUndefined();
        const { problems } = readCarefully("tenants/x.yaml", yaml);
        expect(problems.map(({ code }) => code)).toEqual(["yaml-ambiguous"]);
      }
      expect(readCarefully("tenants/x.yaml", `a: "${word}"`).problems).toEqual([]);
    },
  );
});

describe("errors in one file", () => {
  test("are all reported, each at its own place", () => {
    const { problems } = readTenant(
      "tenants/x.yaml",
      [
        "id: X",
        "displayName: [a]",
        "owner: { contact: x@example.com }",
        "cluster: home",
        "tier: tiny",
        "redis: { memroy: 1Gi, durability: no }",
        "logService: { replicas: { min: 0, max: 1.5 } }",
      ].join("\n"),
    );
    expect(problems.map(({ code, line, column }) => [code, line, column])).toEqual(
      expect.arrayContaining([
        ["invalid-value", 1, 5],
        ["wrong-type", 2, 14],
        ["missing-field", 3, 1],
        ["unknown-value", 5, 7],
        ["unknown-key", 6, 10],
        ["yaml-ambiguous", 6, 35],
        ["out-of-range", 7, 32],
        ["wrong-type", 7, 40],
      ]),
    );
    expect(problems).toHaveLength(8);
  });

  test("columns count as editors do, also behind letters outside the basic plane", () => {
    const { problems } = readTenant("tenants/x.yaml", 'labels: { "𝒳𝒳": x, "y": no }');
    const ambiguous = problems.find(({ code }) => code === "yaml-ambiguous");
    expect(ambiguous).toMatchObject({ line: 1, column: 27, length: 2 });
  });

  test("Windows' line ends do not move positions", () => {
    const { problems } = readTenant("tenants/x.yaml", "id: x\r\ntier: smal\r\n");
    const tier = problems.find(({ code }) => code === "unknown-value");
    expect(tier).toMatchObject({ line: 2, column: 7, source: "tier: smal" });
  });
});
