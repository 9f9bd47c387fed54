import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { ServiceError } from "../../../apps/log-service/src/errors.ts";
import { parseQuery } from "../../../apps/log-service/src/logql/syntax/parse.ts";
import { printExpr } from "../../../apps/log-service/src/logql/syntax/print.ts";
import { expr } from "./arbitrary.ts";

test("what is printed reads back to the same query", () => {
  fc.assert(
    fc.property(expr, (wanted) => {
      expect(parseQuery(printExpr(wanted))).toEqual(wanted);
    }),
    { numRuns: 1_000 },
  );
});

describe("queries that dashboards have", () => {
  test.each([
    ['{app="web"}', '{app="web"}'],
    ['{app="web",}|="x"!~`y\\d`', '{app="web"} |= "x" !~ "y\\\\d"'],
    ['{a="b"} |= "x" or "y"', '{a="b"} |= "x" or "y"'],
    ['{a="b"} | json | level="error" and ms > 10', '{a="b"} | json | (level="error" and ms > 10)'],
    ['{a="b"} | a="1", b="2" or c="3"', '{a="b"} | ((a="1" and b="2") or c="3")'],
    ['{a="b"} | took >= 1m30s', '{a="b"} | took >= 1m30s'],
    ['{a="b"} | size < 1.5KiB', '{a="b"} | size < 1536B'],
    ['sum(rate({a="b"}[5m])) by (c)', 'sum by (c)(rate({a="b"} [5m]))'],
    ['count_over_time({a="b"}[5m] |= "x")', 'count_over_time({a="b"} |= "x" [5m])'],
    ['rate(({a="b"} | json)[1m])', 'rate({a="b"} | json [1m])'],
    ["1 + 2 * 3 ^ 2 ^ 2", "(1 + (2 * (3 ^ (2 ^ 2))))"],
    ["vector(1)+vector(1)", "(vector(1) + vector(1))"],
    ['rate({a="b"}[5m] offset 1h) > bool 0', '(rate({a="b"} [5m] offset 1h) > bool 0)'],
    [
      'rate({a="b"}[1m]) / on(c) group_left vector(1)',
      '(rate({a="b"} [1m]) / on(c) group_left () vector(1))',
    ],
    [
      'vector(1) * ignoring(c) group_right(d, e) (rate({a="b"}[1m]))',
      '(vector(1) * ignoring(c) group_right (d, e) rate({a="b"} [1m]))',
    ],
    ['{a="b"} # a comment\n| json', '{a="b"} | json'],
    ['{a="b"} | json json="x"', '{a="b"} | json json="x"'],
    ['{a="b"} | json != "x" | unpack !~ "y"', '{a="b"} | json != "x" | unpack !~ "y"'],
    [
      '{a="b"} |= ip("10.0.0.0/8") != ip("::1") | x=ip("10.0.0.1-10.0.0.9")',
      '{a="b"} |= ip("10.0.0.0/8") != ip("::1") | x = ip("10.0.0.1-10.0.0.9")',
    ],
    ['{a="b"} | json=`x`', '{a="b"} | json="x"'],
  ])("%s", (text, printed) => {
    expect(printExpr(parseQuery(text))).toBe(printed);
  });
});

describe("mistakes are told with their place", () => {
  test.each([
    ['{app="web"', "line 1, col 11: syntax error: unexpected end of query"],
    ["{app=web}", 'line 1, col 6: syntax error: unexpected "web"'],
    ['{a="b"}\n| foo bar', "line 2, col 7: syntax error: unexpected"],
    ['{a=~"("}', "line 1, col 3: the regular expression is not valid"],
    ['{a=~"(?=x)"}', "looks around"],
    ['sum({a="b"})', "a log query stands where a metric is needed"],
    ['rate({a="b"})', "expecting [ and a range"],
    ['rate({a="b"}[0s])', "the range is not above 0"],
    ['sum_over_time({a="b"}[5m])', "invalid aggregation sum_over_time without unwrap"],
    ['count_over_time({a="b"} | unwrap x [5m])', "with unwrap"],
    ['topk(0, rate({a="b"}[5m]))', "whole number above 0"],
    ['{a="b"} | line_format "{{.x"', "invalid template"],
    ['{a="b"} | line_format "{{ nothing .x }}"', "the function nothing is not supported"],
    ['{a="b"} | line_format "{{ if .x }}y"', "an if has no end"],
    ['{a="b"} | line_format "{{ if .x }}y{{ else }}z"', "an else has no end"],
    ['{a="b"} | line_format "y{{ end }}"', "there is no if"],
    ['{a="b"} | line_format "{{ range .x }}{{ end }}"', "the function range is not supported"],
    ['{a="b"} |= ip("10.0.0.0/99")', "is no address, network or range"],
    ['{a="b"} | x = ip("ten")', "is no address, network or range"],
    ['{a="b"} | regexp "x"', "named capture"],
    ['{a="b"} | pattern "x"', "at least one capture"],
    ['sum(rate({a="b"}[5m])) on group_left', "expecting the query's end"],
    ['rate({a="b"}[5m]) and on(a) group_left vector(1)', "no grouping allowed for and operation"],
    ['"text"', "unexpected"],
    ['{a="b\\q"}', "invalid escape"],
    ["", "unexpected end of query"],
    ["§", "unexpected character"],
  ])("%s", (text, problem) => {
    expect(() => parseQuery(text)).toThrow(problem);
    expect(() => parseQuery(text)).toThrow(ServiceError);
  });
});

describe("hostile queries are refused at once", () => {
  test.each([
    ["parentheses a hundred thousand deep", "(".repeat(16_000)],
    ["sums of sums", "sum(".repeat(4_000)],
    ["a label filter of parentheses", `{a="b"} | ${"(".repeat(10_000)}`],
    ["a power tower", "2^".repeat(8_000)],
    ["thousands of stages", `{a="b"}${" | json".repeat(2_000)}`],
    ["thousands of matchers", `{${'a="b",'.repeat(2_000)}}`],
    ["megabytes of text", `{a="${"x".repeat(1_000_000)}"}`],
    ["a repetition of repetitions", '{a=~"((a{100}){100}){100}"}'],
    ["nested templates", `{a="b"} | line_format "{{${"(".repeat(5_000)}"`],
    ["an if in an if in an if", `{a="b"} | line_format "${"{{ if .a }}".repeat(100)}"`],
    [
      "an else if after another",
      `{a="b"} | line_format "{{if .a}}${"{{else if .a}}".repeat(100)}{{end}}"`,
    ],
    ["a string that never ends", `{a="${"\\\\".repeat(7_000)}`],
  ])("%s", (_, text) => {
    expect(() => parseQuery(text)).toThrow(ServiceError);
  });
});

test("a sum of a thousand terms is read", () => {
  expect(() => parseQuery(Array.from({ length: 1_000 }, () => "1").join("+"))).not.toThrow();
});
