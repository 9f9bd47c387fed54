import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ServiceError } from "../../../../apps/log-service/src/errors.ts";
import { QUERY_LIMITS } from "../../../../apps/log-service/src/limits.ts";
import {
  readFilterJson,
  writeFilterJson,
} from "../../../../apps/log-service/src/query/filter-json.ts";
import { parseQuery } from "../../../../apps/log-service/src/query/language/parse.ts";
import { printQuery } from "../../../../apps/log-service/src/query/language/print.ts";
import { filter } from "../arbitrary.ts";

const NOW = Date.UTC(2026, 0, 2);

function mistake(text: string): ServiceError {
  try {
    parseQuery(text, NOW);
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
  throw new Error(`'${text}' was taken`);
}

const word = fc.constantFrom(
  "connection",
  "reset",
  "conn*",
  "*time*out*",
  '"connection reset"',
  '"a \\" b \\\\"',
  "/a b/i",
  '~"x|y"',
  '"or"',
  '"*"*',
);
const test = fc.constantFrom(
  "level>=WARN",
  "level:(INFO OR error)",
  "level!=debug",
  "source:checkout",
  "component=web",
  "source in (a, b)",
  'source:"a b"*',
  "source:*",
  'source:""',
  "tag:x",
  "trace_id:t1",
  "metadata.a.b=42",
  'data."a b".c:[10 TO 100]',
  "metadata.ms:{* TO 5}",
  "metadata.ms>=1.5",
  'metadata.path~"^/api"i',
  "timestamp>=-15m",
  "timestamp:[2026-01-01 TO now]",
  "received<2026-01-01T00:00:00.5Z",
  'message="a b"',
  "message=(a, b)",
  "message:(a OR b)",
  "id:11x",
);
const { text } = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 3 },
    word,
    test,
    fc
      .tuple(tie("text"), fc.constantFrom(" ", " AND ", " OR ", " or "), tie("text"))
      .map((parts) => parts.join("")),
    tie("text").map((inner) => `(${inner})`),
    tie("text").map((inner) => `NOT ${inner}`),
    tie("text").map((inner) => `-${inner}`),
  ),
}));
const pipes = fc.constantFrom(
  "",
  "| stats count() by source",
  "| stats count() as n, sum(metadata.ms), quantile(0.5, 0.99) of metadata.ms by level, bin(5m) | sort n desc, p99(metadata.ms) | limit 3",
  '| count_uniq(trace_id) as "or" | fields or',
  "| top 10 metadata.path | sort count",
  "| uniq source, level",
  '| fields source, metadata."a b" | sort source',
  "| sort by timestamp asc | head 5",
);

describe("the query language", () => {
  it("prints what it read so that it reads as the same again", () => {
    fc.assert(
      fc.property(text, pipes, (asked, piped) => {
        const query = parseQuery(`${asked} ${piped}`, NOW);
        expect(parseQuery(printQuery(query), 0)).toEqual(query);
      }),
      { numRuns: 1_000 },
    );
  });

  it("answers any text with a query or a mistake of the query", () => {
    const pieces = fc.oneof(
      fc.string(),
      word,
      test,
      fc.constantFrom("(", ")", "|", '"', "[", "*", "-", "/", " ", ":", ">="),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        try {
          parseQuery(parts.join(""), NOW);
        } catch (error) {
          expect(error).toMatchObject({ code: "NL_QUERY_INVALID" });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("shows a misspelt field with line, column, a caret for each letter and what was meant", () => {
    const { message, details } = mistake("error\n  sorce:checkout");
    expect(message).toContain("'sorce' is no field; did you mean 'source'?");
    expect(details).toMatchObject({ line: 2, column: 3, excerpt: "    sorce:checkout\n    ^^^^^" });
  });

  it("tells several mistakes at once", () => {
    const { message } = mistake("levl:x level:EROR timestamp>soon | stats cout()");
    for (const meant of ["'level'", "'ERROR'", "RFC 3339", "'count'"])
      expect(message).toContain(meant);
  });

  it.each([
    ["an open quote", '"abc'],
    ["an open parenthesis", "(a b"],
    ["a parenthesis too many", "a)"],
    ["an operator with nothing behind it", "a OR"],
    ["a value that is missing", "source:"],
    ["a range without an end", "metadata.a:[1 TO"],
    ["a pipe that is not known", "a | frobnicate"],
    ["a sum behind another pipe", "a | limit 3 | stats count()"],
    ["a column that no pipe left", "| stats count() | sort source"],
    ["two columns of one name", "| stats count(), count()"],
    ["a quantile above 1", "| quantile(1.5) of metadata.ms"],
    ["a look around", '~"(?=a)b"'],
    ["a reference back", '~"(a)\\1"'],
  ])("refuses %s", (_, asked) => {
    expect(mistake(asked).code).toBe("NL_QUERY_INVALID");
  });

  it.each([
    ["parentheses", "(".repeat(10_000)],
    ["NOTs", "NOT ".repeat(3_000)],
    ["minus signs", "-".repeat(10_000)],
    ["terms", "a ".repeat(QUERY_LIMITS.terms + 1)],
    ["values", `source:(${"a,".repeat(QUERY_LIMITS.values)}a)`],
    ["pipes", "| limit 1 ".repeat(QUERY_LIMITS.pipes + 1)],
    ["characters", "a".repeat(QUERY_LIMITS.textUnits + 1)],
  ])("refuses ten thousand %s without harm", (_, asked) => {
    expect(mistake(asked).code).toBe("NL_QUERY_INVALID");
  });
});

describe("a filter as JSON", () => {
  it("reads as what was written", () => {
    fc.assert(
      fc.property(filter, (each) => {
        const json = writeFilterJson(each);
        expect(writeFilterJson(readFilterJson(json))).toBe(json);
      }),
    );
  });

  it.each([
    ["text that is not JSON", "{"],
    ["a kind that is not known", '{"kind":"eval"}'],
    ["a field that is not known", '{"kind":"exists","field":"__proto__"}'],
    ["a term with more than it has", '{"kind":"exists","field":"source","x":1}'],
    [
      "an expression that may not run",
      '{"kind":"regex","field":"message","pattern":"(a){1000}{1000}","ignoreCase":false}',
    ],
    [
      "nesting that only serves to exhaust stacks",
      `${'{"kind":"not","of":'.repeat(3_000)}1${"}".repeat(3_000)}`,
    ],
    ["more text than a tombstone has", " ".repeat(QUERY_LIMITS.jsonUnits + 1)],
  ])("refuses %s", (_, json) => {
    expect(() => readFilterJson(json)).toThrow(ServiceError);
  });
});
