import { describe, expect, test } from "vitest";
import { printProblems, problemsToJson } from "../../../generator/record/print.ts";
import { readTenant } from "../../../generator/record/read.ts";

const { problems } = readTenant("tenants/x.yaml", "id: x\ntier: smal\n");

describe("errors for people", () => {
  test("have colours on a terminal only", () => {
    expect(printProblems(problems, false)).not.toContain("\u001B");
    expect(printProblems(problems, true)).toContain("\u001B[31m");
  });

  test("end with their number and that of their files", () => {
    expect(printProblems(problems, false)).toMatch(/\n4 errors in 1 file\n$/);
  });

  test("an escape sequence in a record does not reach the terminal", () => {
    const found = readTenant("tenants/x.yaml", 'tier: "\\e[2J\\u202E"\n\u001B[2J: x').problems;
    const visible = readTenant("tenants/x.yaml", 'tier: "\\u001B[2J"').problems;
    for (const text of [printProblems(found, false), printProblems(visible, false)]) {
      expect(text).not.toContain("\u001B");
      expect(text).not.toContain("\u202E");
    }
  });

  test("a very long line is cut around its caret", () => {
    const long = readTenant("tenants/x.yaml", `labels: { ${"a".repeat(500)}: x, b: no }`).problems;
    const text = printProblems(long, false);
    const lines = text.split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(300);
    const caret = lines.findIndex((line) => line.endsWith("^^"));
    const at = lines[caret]?.indexOf("^^") ?? -1;
    expect(lines[caret - 1]?.slice(at, at + 2)).toBe("no");
  });
});

describe("errors for programs", () => {
  test("have every part as a field", () => {
    expect(JSON.parse(problemsToJson(problems))).toEqual({ problems });
    expect(problems.find(({ code }) => code === "unknown-value")).toEqual({
      code: "unknown-value",
      message: "'smal' is not one of small, standard, large",
      file: "tenants/x.yaml",
      line: 2,
      column: 7,
      length: 4,
      source: "tier: smal",
      suggestion: "did you mean 'small'?",
    });
  });
});
