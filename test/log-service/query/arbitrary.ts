import * as fc from "fast-check";

import type { Filter, TextField } from "../../../apps/log-service/src/query/filter.ts";
import { LEVELS } from "../../../apps/log-service/src/record/level.ts";
import type { PreparedRecord } from "../../../apps/log-service/src/record/record.ts";
import { sampleRecord } from "../record/sample.ts";

const WORDS = [
  "Connection",
  "connection",
  "reset",
  "res",
  "ok",
  "user_42",
  "ÄRGER",
  "ärger",
  "été",
  "10ms",
  "a-b",
  "x.y",
];

export const message = fc
  .array(fc.constantFrom(...WORDS), { maxLength: 4 })
  .chain((words) => fc.constantFrom(" ", ", ", "=").map((between) => words.join(between)));

const scalar = fc.constantFrom(
  "a",
  "b",
  "GET /x",
  "42",
  "7.5",
  "",
  42,
  7.5,
  -3,
  0,
  true,
  false,
  null,
);
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.constant({ c: 1 }));

const metadata = fc
  .dictionary(
    fc.constantFrom("a", "b", "a.b", "ms"),
    fc.oneof(value, fc.dictionary(fc.constantFrom("b", "c"), value)),
    {
      maxKeys: 3,
      noNullPrototype: true,
    },
  )
  .map((object) => (Object.keys(object).length === 0 ? "" : JSON.stringify(object)));

export const MINUTE = 60_000;
const START = 29_000_000 * MINUTE;

/** Few, so that records lie right on the edges of ranges and bins. */
const instant = fc
  .constantFrom(-60_000, -1, 0, 1, 59_999, 60_000, 3_600_000)
  .map((ms) => START + ms);

/** Records of few values each, so that filters hit; late ones among them. */
export const record = fc
  .record({
    namespace: fc.constantFrom("one", "two"),
    ms: instant,
    nanos: fc.constantFrom(0, 0, 5),
    received: instant,
    level: fc.integer({ min: 0, max: 5 }),
    message,
    source: fc.constantFrom("", "web", "db", "Web"),
    traceId: fc.constantFrom("", "t1", "t2"),
    spanId: fc.constantFrom("", "s1"),
    tags: fc.constantFrom("", '["x"]', '["x","y"]', '["10"]'),
    metadata,
  })
  .map((fields): PreparedRecord => sampleRecord({ ...fields, digits: 9 }));

export const textField = fc.constantFrom<TextField>(
  "message",
  "message",
  "source",
  "namespace",
  "trace_id",
  "span_id",
  "tags",
  "metadata.a",
  "metadata.a.b",
  "metadata.ms",
  "metadata.none",
);

const wanted = fc.oneof(
  fc.constantFrom(
    "",
    "web",
    "t1",
    "t9",
    "s1",
    "x",
    "10",
    "42",
    "42.0",
    "7.5",
    "true",
    "null",
    "one",
    "a",
    "GET /x",
  ),
  message,
);
const piece = fc.oneof(
  fc.constantFrom(
    "connection",
    "reset",
    "re",
    "et",
    "on ok",
    "ÄRGER",
    "Ärg",
    "été",
    " ",
    "=",
    "W",
    "x",
    "1",
    "",
  ),
  message,
);
const bound = fc.record({
  value: fc.constantFrom("0", "42", "7.5", "a", "t1", "x", "Connection"),
  inclusive: fc.boolean(),
});
const moment = fc.record({
  ms: instant,
  nanos: fc.constantFrom(0, 5, 6),
});
const side = fc.constantFrom("any" as const, "word" as const, "value" as const);
const optional = { requiredKeys: [] };

/** Patterns that mean the same in RE2's dialect and in JavaScript's. */
export const PATTERNS = [
  "connection (reset|ok)",
  "^Conn",
  "ok$",
  "re+s.t",
  "[0-9]+ms",
  "user_\\d{2}",
  "(?:a|x).[by]",
  "\\bres\\b",
  "^$",
  "[^a-z ]",
  "reset.*connection",
  "web|db",
  "4",
];

const phrase: fc.Arbitrary<Filter> = fc.record({
  kind: fc.constant("like" as const),
  field: fc.constant("message" as const),
  parts: fc.tuple(piece),
  start: side,
  end: side,
  ignoreCase: fc.constant(true),
});

/** Filters that look at nothing but text in messages. */
export const messageFilter: fc.Arbitrary<Filter> = fc.oneof(
  phrase,
  phrase.map((of): Filter => ({ kind: "not", of })),
  fc.array(phrase, { minLength: 1, maxLength: 3 }).map((of): Filter => ({ kind: "all", of })),
  fc.array(phrase, { minLength: 1, maxLength: 3 }).map((of): Filter => ({ kind: "any", of })),
);

export const leaf: fc.Arbitrary<Filter> = fc.oneof(
  phrase,
  fc.record({ kind: fc.constant("level" as const), levels: fc.subarray([...LEVELS]) }),
  fc
    .record(
      {
        field: fc.constantFrom("timestamp" as const, "received" as const),
        from: moment,
        to: moment,
      },
      { requiredKeys: ["field"] },
    )
    .map((fields): Filter => ({ kind: "time", ...fields })),
  fc.record({
    kind: fc.constant("is" as const),
    field: textField,
    values: fc.array(wanted, { minLength: 1, maxLength: 3 }),
  }),
  fc
    .record({ field: textField, edges: fc.record({ from: bound, to: bound }, optional) })
    .map(({ field, edges }): Filter => ({ kind: "range", field, ...edges })),
  fc.record({
    kind: fc.constant("like" as const),
    field: textField,
    parts: fc.array(piece, { minLength: 1, maxLength: 3 }),
    start: side,
    end: side,
    ignoreCase: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("regex" as const),
    field: textField,
    pattern: fc.constantFrom(...PATTERNS),
    ignoreCase: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("exists" as const), field: textField }),
);

export const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 2 },
    { weight: 3, arbitrary: leaf },
    fc.record({ kind: fc.constant("all" as const), of: fc.array(tie("filter"), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant("any" as const), of: fc.array(tie("filter"), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant("not" as const), of: tie("filter") }),
  ),
}));
