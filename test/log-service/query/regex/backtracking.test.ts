import { createRequire } from "node:module";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { backtrackingRegex } from "../../../../apps/log-service/src/query/regex/backtracking.ts";

const { RE2JS }: typeof import("re2js") = createRequire(
  new URL("../../../../apps/log-service/src/main.ts", import.meta.url),
)("re2js");

const character = fc.constantFrom(
  ..."aAbk1_ -",
  "\\.",
  ".",
  "\\d",
  "\\w",
  "\\s",
  "\\D",
  "\\W",
  "\\S",
  "\\-",
  "[ab]",
  "[^a]",
  "[a-k1]",
  "[^\\s1]",
  "[\\d.]",
  "[^\\W]",
);
const times = fc.constantFrom("", "", "", "*", "+", "?", "*?", "+?", "{2}", "{1,3}", "{2,}");
const edge = fc.constantFrom("^", "$", "\\b");

const { pattern } = fc.letrec<{ pattern: string; sequence: string; part: string }>((tie) => ({
  part: fc.oneof(
    { depthSize: "small" },
    fc.tuple(character, times).map((both) => both.join("")),
    fc.tuple(character, times).map((both) => both.join("")),
    edge,
    tie("pattern").map((inner) => `(${inner})`),
    tie("pattern").map((inner) => `(?:${inner})`),
  ),
  sequence: fc.array(tie("part"), { maxLength: 4 }).map((parts) => parts.join("")),
  pattern: fc.array(tie("sequence"), { minLength: 1, maxLength: 3 }).map((all) => all.join("|")),
}));

const text = fc
  .array(fc.constantFrom(..."aaAbBkK11_ -.é\n", "😀"), { maxLength: 14 })
  .map((characters) => characters.join(""));

describe("an expression for the engine that backtracks", () => {
  it("matches the texts that the linear engine matches", () => {
    let taken = 0;
    fc.assert(
      fc.property(pattern, fc.boolean(), fc.array(text), (source, ignoreCase, texts) => {
        const fast = backtrackingRegex(source, ignoreCase);
        if (fast === undefined) return;
        taken += 1;
        const linear = RE2JS.compile(source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
        for (const one of texts)
          expect([one, fast.regex.test(one)]).toEqual([one, linear.test(one)]);
      }),
      { numRuns: 5_000 },
    );
    // The rest is what may backtrack far.
    expect(taken).toBeGreaterThan(1_000);
  });

  it.each([
    "[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+:[0-9]+",
    "user=\\w+ from \\d{1,3}\\.\\d{1,3}",
    "took [0-9]+ ?ms",
    "(GET|POST) /api/\\w+",
    "failed.*timeout",
    ".*failed.*",
    "^ERROR: ",
    "(?:one|two|three)$",
  ])("is made of what people write: %s", (source) => {
    expect(backtrackingRegex(source, true)?.mostUnits).toBeGreaterThan(100);
  });

  it.each([
    ["nested repetitions", "(a+)+b"],
    ["repeated alternatives", "(a|a)*b"],
    ["two that may share characters", "ca*a*b"],
    ["two gaps", "a.*b.*c"],
    ["a gap before a repetition", "a.*b+c"],
    ["what a gap gives back, into a repetition in a group", "a.*(?:b+|c)d"],
    ["many optional letters", `c${"a?".repeat(50)}${"a".repeat(50)}`],
    ["many ways", "(a|a)".repeat(20)],
    ["large counts", "a{1000}"],
    ["letters with other forms", "é+"],
    ["what is between the halves of a pair", "\\B"],
    ["flags", "(?i)a"],
    ["classes with names", "[[:alpha:]]+x"],
  ])("attack: is refused: %s", (_, source) => {
    expect(backtrackingRegex(source, false)).toBeUndefined();
  });
});
