import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { asciiLower } from "../../../../apps/log-service/src/block/tokens.ts";
import type { Literals } from "../../../../apps/log-service/src/query/regex/literals.ts";
import { compileRegex, regexProblem } from "../../../../apps/log-service/src/query/regex/regex.ts";
import { message, PATTERNS } from "../arbitrary.ts";

/** User CPU time of a test over so many characters, the least of three. */
function cost(pattern: string, unit: string, units: number): number {
  const { test } = compileRegex(pattern, false);
  const text = unit.repeat(units / unit.length);
  const runs = [1, 2, 3].map(() => {
    const before = process.cpuUsage().user;
    test(text);
    return process.cpuUsage().user - before;
  });
  return Math.min(...runs);
}

function holds(literals: Literals, text: string): boolean {
  switch (literals.kind) {
    case "none":
      return true;
    case "text":
      return text.includes(literals.text);
    case "all":
      return literals.of.every((part) => holds(part, text));
    case "any":
      return literals.of.some((part) => holds(part, text));
  }
}

describe("a regular expression", () => {
  it.each([
    ["nested quantifiers", "^(a+)+$", "a"],
    ["neighbours that take the same", "(x+x+)+y$", "x"],
    ["alternatives that overlap", "^(?:a|aa|aaa)+b$", "a"],
    ["optional letters", `(?:${"a?".repeat(50)})${"a".repeat(50)}b$`, "a"],
    ["counts that leave its automaton without an end", "a[ab]{60}[^ab]", "ab"],
    ["stars in a row", `${".*".repeat(20)}$b`, "a"],
  ])("takes time in proportion to the text: %s", (_, pattern, unit) => {
    const [short, long] = [cost(pattern, unit, 20_000), cost(pattern, unit, 160_000)];
    // Eight times the text; the square would be 64 times. Short runs are all noise: 20 ms are forgiven.
    expect(long).toBeLessThan(short * 24 + 20_000);
  });

  it.each(["a{1000}", "(a{30}){30}", "((a{10}){10}){10}", "(?:a{100}){100}", "(a{1000}){1000}"])(
    "may not grow by its counts: %s",
    (pattern) => expect(regexProblem(pattern)).toBeDefined(),
  );

  it.each(["(?=a)", "(?!a)", "(?<=a)b", "(a)\\1", "(?<n>a)\\k<n>", "(", "[", "a**", "\\"])(
    "is of the dialect that runs in linear time: not %s",
    (pattern) => expect(regexProblem(pattern)).toBeDefined(),
  );

  it("matches only what holds its literals", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PATTERNS, "(?i)RESET.ok"),
        fc.boolean(),
        message,
        (pattern, ignoreCase, text) => {
          const { test, literals } = compileRegex(pattern, ignoreCase);
          if (test(text)) expect(holds(literals, asciiLower(text))).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["connection .* (failed|refused)", '{"kind":"all"'],
    ["web|db", '{"kind":"any"'],
    ["user_\\d+", '{"kind":"text","text":"user_"}'],
    ["[0-9]+", '{"kind":"none"}'],
  ])("knows what %s must hold", (pattern, shown) => {
    expect(JSON.stringify(compileRegex(pattern, false).literals)).toContain(shown);
  });
});
