import fc from "fast-check";

import type {
  AggregateExpr,
  BinaryExpr,
  Expr,
  LabelTest,
  LogExpr,
  Matcher,
  RangeExpr,
  SampleExpr,
  Stage,
} from "../../../apps/log-service/src/logql/syntax/ast.ts";

const name = fc.constantFrom("app", "env", "user", "level", "by", "ms", "trace_id");
const text = fc.oneof(
  fc.constantFrom("web", "a b", "x=1", ""),
  fc.string({ unit: "grapheme", maxLength: 6 }),
);
const pattern = fc.constantFrom("w.b", "a|b", ".+", "(?i)x", "^a$");
const nanos = fc.integer({ min: 1, max: 100_000 }).map((seconds) => seconds * 1e9);

const matcher: fc.Arbitrary<Matcher> = fc.oneof(
  fc.record({ name, op: fc.constantFrom("=", "!="), value: text }),
  fc.record({ name, op: fc.constantFrom("=~", "!~"), value: pattern }),
);

const leafTest: fc.Arbitrary<LabelTest> = fc.oneof(
  matcher.map((each): LabelTest => ({ kind: "match", matcher: each })),
  fc.record({
    kind: fc.constant("compare" as const),
    name,
    op: fc.constantFrom("==", "!=", ">", ">=", "<", "<="),
    unit: fc.constantFrom("number", "bytes"),
    value: fc.integer({ min: 0, max: 5_000 }),
  }),
  fc.record({
    kind: fc.constant("compare" as const),
    name,
    op: fc.constantFrom(">", "<="),
    unit: fc.constant("duration" as const),
    value: nanos,
  }),
);
const labelTest: fc.Arbitrary<LabelTest> = fc.oneof(
  leafTest,
  fc.record({ kind: fc.constantFrom("and", "or"), left: leafTest, right: leafTest }),
);

const extractions = fc.array(
  fc.record({ label: name, path: fc.constantFrom("a", "a.b", "c[0]") }),
  { maxLength: 2 },
);

const stage: fc.Arbitrary<Stage> = fc.oneof(
  fc.record({
    kind: fc.constant("line" as const),
    op: fc.constantFrom("|=", "!=", "|>", "!>"),
    texts: fc.array(text, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant("line" as const),
    op: fc.constantFrom("|~", "!~"),
    texts: fc.array(pattern, { minLength: 1, maxLength: 2 }),
  }),
  labelTest.map((test): Stage => ({ kind: "filter", test })),
  extractions.map((fields): Stage => ({ kind: "json", fields })),
  fc.record({
    kind: fc.constant("logfmt" as const),
    fields: extractions,
    strict: fc.boolean(),
    keepEmpty: fc.boolean(),
  }),
  fc.constantFrom<Stage>(
    { kind: "regexp", pattern: "(?P<user>\\w+)" },
    { kind: "pattern", pattern: "<user> said <_>" },
    { kind: "unpack" },
    { kind: "decolorize" },
    { kind: "line_format", template: "{{.user}}: {{ __line__ | ToUpper }}" },
    {
      kind: "label_format",
      fields: [
        { label: "a", from: "user" },
        { label: "b", template: "x{{.a}}" },
      ],
    },
    { kind: "drop", labels: ["user", { name: "env", op: "=", value: "x" }] },
    // Ends in a matcher: what follows a bare name as `!= "x"` belongs to that name, in LogQL itself.
    { kind: "keep", labels: ["app", { name: "env", op: "=~", value: "x" }] },
  ),
);

export const logExpr: fc.Arbitrary<LogExpr> = fc.record({
  kind: fc.constant("log" as const),
  matchers: fc.array(matcher, { maxLength: 3 }),
  stages: fc.array(stage, { maxLength: 4 }),
});

const grouping = fc.option(
  fc.record({ kind: fc.constantFrom("by", "without"), labels: fc.array(name, { maxLength: 2 }) }),
  { nil: undefined },
);

const range: fc.Arbitrary<RangeExpr> = fc.oneof(
  fc.record({
    kind: fc.constant("range" as const),
    fn: fc.constantFrom(
      "rate",
      "count_over_time",
      "bytes_rate",
      "bytes_over_time",
      "absent_over_time",
    ),
    log: logExpr,
    unwrap: fc.constant(undefined),
    range: nanos,
    offset: fc.oneof(
      fc.constant(0),
      nanos,
      nanos.map((value) => -value),
    ),
    parameter: fc.constant(undefined),
    grouping: fc.constant(undefined),
  }),
  fc.record({
    kind: fc.constant("range" as const),
    fn: fc.constantFrom("rate", "sum_over_time", "max_over_time", "first_over_time"),
    log: logExpr,
    unwrap: fc.record({
      label: name,
      convert: fc.constantFrom(undefined, "duration", "bytes"),
      tests: fc.array(labelTest, { maxLength: 1 }),
    }),
    range: nanos,
    offset: fc.constant(0),
    parameter: fc.constant(undefined),
    grouping,
  }),
  fc.record({
    kind: fc.constant("range" as const),
    fn: fc.constant("quantile_over_time" as const),
    log: logExpr,
    unwrap: fc.constant({ label: "ms", convert: undefined, tests: [] }),
    range: nanos,
    offset: fc.constant(0),
    parameter: fc.constantFrom(0, 0.5, 0.99),
    grouping,
  }),
);

const matchKind = fc.constantFrom("on" as const, "ignoring" as const);

const { sample } = fc.letrec<{ sample: SampleExpr }>((tie) => {
  const deeper = tie("sample");
  const vector: fc.Arbitrary<SampleExpr> = fc.oneof(
    range,
    fc.record({ kind: fc.constant("vector" as const), value: fc.integer() }),
  );
  const aggregate: fc.Arbitrary<AggregateExpr> = fc.oneof(
    fc.record({
      kind: fc.constant("aggregate" as const),
      fn: fc.constantFrom("sum", "avg", "min", "max", "count", "stddev"),
      of: deeper,
      parameter: fc.constant(undefined),
      grouping,
    }),
    fc.record({
      kind: fc.constant("aggregate" as const),
      fn: fc.constantFrom("topk", "bottomk"),
      of: deeper,
      parameter: fc.integer({ min: 1, max: 9 }),
      grouping,
    }),
  );
  const binary: fc.Arbitrary<BinaryExpr> = fc.oneof(
    fc.record({
      kind: fc.constant("binary" as const),
      op: fc.constantFrom("+", "-", "*", "/", "%", "^"),
      left: deeper,
      right: deeper,
      bool: fc.constant(false),
      matching: fc.option(
        fc.oneof(
          fc.record({ kind: matchKind, labels: fc.array(name, { maxLength: 2 }) }),
          fc.record({
            kind: matchKind,
            labels: fc.array(name, { maxLength: 2 }),
            many: fc.constantFrom("left" as const, "right" as const),
            include: fc.array(name, { maxLength: 2 }),
          }),
        ),
        { nil: undefined },
      ),
    }),
    fc.record({
      kind: fc.constant("binary" as const),
      op: fc.constantFrom("==", "!=", ">", "<"),
      left: deeper,
      right: fc.record({ kind: fc.constant("literal" as const), value: fc.integer() }),
      bool: fc.boolean(),
      matching: fc.constant(undefined),
    }),
    fc.record({
      kind: fc.constant("binary" as const),
      op: fc.constantFrom("and", "or", "unless"),
      left: vector,
      right: vector,
      bool: fc.constant(false),
      matching: fc.constant(undefined),
    }),
  );
  return {
    sample: fc.oneof({ maxDepth: 3, depthSize: "small" }, vector, aggregate, binary),
  };
});

export const expr: fc.Arbitrary<Expr> = fc.oneof(logExpr, sample);
