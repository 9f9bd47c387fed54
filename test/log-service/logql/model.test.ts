import fc from "fast-check";
import { expect, test } from "vitest";

import { engineWith, samples, streams, type Line } from "./support.ts";

/** The evaluator against one that looks at every line for every moment. */

const START = 1_767_300_000_000_000_000n;
const SECOND = 1_000_000_000n;

const line: fc.Arbitrary<Line> = fc
  .record({
    app: fc.constantFrom("web", "db"),
    env: fc.constantFrom("prod", "test", undefined),
    level: fc.constantFrom("info", "error", undefined),
    // Whole seconds now and then: windows begin and end there.
    at: fc.oneof(
      fc.integer({ min: 0, max: 120 }).map((seconds) => BigInt(seconds) * SECOND),
      fc.bigInt({ min: 0n, max: 120n * SECOND }),
    ),
    ms: fc.integer({ min: 0, max: 9 }),
    word: fc.constantFrom("paid", "failed", "Paid in full"),
    user: fc.constantFrom("ann", "bob", undefined),
  })
  .map(({ app, env, level, at, ms, word, user }) => ({
    labels: { app, ...(env !== undefined && { env }), ...(level !== undefined && { level }) },
    time: START + at,
    line: `msg="${word}" ms=${ms}`,
    ...(user !== undefined && { structured: { user } }),
  }));
const lines = fc.array(line, { maxLength: 40 });

interface Query {
  readonly text: string;
  readonly passes: (line: Line) => boolean;
}

const get = (each: Line, name: string): string =>
  each.labels[name] ??
  each.structured?.[name] ??
  (name === "service_name" ? (each.labels["app"] ?? "") : "");
const detected = ({ labels }: Line): string => labels["level"] ?? "info";
const msOf = (each: Line): number => Number(/ms=(\d)/.exec(each.line)?.[1]);

const selector: fc.Arbitrary<Query> = fc.constantFrom<Query>(
  { text: "{}", passes: () => true },
  { text: '{app="web"}', passes: (each) => get(each, "app") === "web" },
  { text: '{service_name="db"}', passes: (each) => get(each, "app") === "db" },
  { text: '{service_name=~".+", env!="prod"}', passes: (each) => get(each, "env") !== "prod" },
  { text: '{env=""}', passes: (each) => get(each, "env") === "" },
  { text: '{env=~"prod|test"}', passes: (each) => get(each, "env") !== "" },
  {
    text: '{app=~"w.*", level="error"}',
    passes: (each) => get(each, "app") === "web" && get(each, "level") === "error",
  },
  { text: '{level=~"info|error"}', passes: (each) => get(each, "level") !== "" },
  { text: '{app!~"d."}', passes: (each) => get(each, "app") !== "db" },
);
const stage: fc.Arbitrary<Query> = fc.constantFrom<Query>(
  { text: "", passes: () => true },
  { text: '|= "paid"', passes: (each) => each.line.includes("paid") },
  { text: '!= "paid"', passes: (each) => !each.line.includes("paid") },
  { text: '|~ "(?i)paid"', passes: (each) => /paid/i.test(each.line) },
  { text: '|= "failed" or "full"', passes: (each) => /failed|full/.test(each.line) },
  { text: '| detected_level="error"', passes: (each) => detected(each) === "error" },
  { text: '| user="ann"', passes: (each) => get(each, "user") === "ann" },
  {
    text: '| user!="ann" | env="prod"',
    passes: (each) => get(each, "user") !== "ann" && get(each, "env") === "prod",
  },
  { text: "| logfmt | ms > 4", passes: (each) => msOf(each) > 4 },
  {
    text: '| logfmt | ms <= 4 or msg="failed"',
    passes: (each) => msOf(each) <= 4 || each.line.includes("failed"),
  },
  { text: '| pattern "msg=\\"<m>\\" ms=<n>" | n = 3', passes: (each) => msOf(each) === 3 },
  { text: '| line_format "{{.app}}" |= "web"', passes: (each) => get(each, "app") === "web" },
);
const query = fc.tuple(selector, stage).map(([a, b]): Query => ({
  text: `${a.text} ${b.text}`,
  passes: (each) => a.passes(each) && b.passes(each),
}));

test("lines are those that a look at each of them finds, in order and up to the limit", async () => {
  await fc.assert(
    fc.asyncProperty(
      lines,
      query,
      fc.constantFrom("forward", "backward"),
      fc.integer({ min: 1, max: 50 }),
      async (all, { text, passes }, direction, limit) => {
        const engine = await engineWith(all);
        const end = START + 100n * SECOND;
        const found = await streams(engine, {
          query: text,
          direction,
          limit: String(limit),
          start: String(START + 10n * SECOND),
          end: String(end),
        });
        const times = found
          .flatMap(({ values }) => values.map(([time]) => BigInt(time)))
          .sort((a, b) => Number(a - b));
        const wanted = all
          .filter((each) => each.time >= START + 10n * SECOND && each.time < end && passes(each))
          .map(({ time }) => time)
          .sort((a, b) => Number(a - b));
        expect(times).toEqual(
          direction === "forward" ? wanted.slice(0, limit) : wanted.slice(-limit),
        );
      },
    ),
    { numRuns: 150 },
  );
});

interface Fn {
  readonly text: (range: string) => string;
  readonly value: (window: readonly Line[], seconds: number) => number;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const fns = (inner: string): readonly Fn[] => [
  { text: (range) => `count_over_time(${inner} [${range}])`, value: (window) => window.length },
  {
    text: (range) => `rate(${inner} [${range}])`,
    value: (window, seconds) => window.length / seconds,
  },
];
const valueFns = (inner: string): readonly Fn[] => {
  const of = (name: string, value: Fn["value"]): Fn => ({
    text: (range) => `${name}(${inner} | logfmt | unwrap ms [${range}])`,
    value,
  });
  return [
    of("sum_over_time", (window) => sum(window.map(msOf))),
    of("avg_over_time", (window) => sum(window.map(msOf)) / window.length),
    of("max_over_time", (window) => Math.max(...window.map(msOf))),
    of("min_over_time", (window) => Math.min(...window.map(msOf))),
    of("stdvar_over_time", (window) => {
      const mean = sum(window.map(msOf)) / window.length;
      return sum(window.map((each) => (msOf(each) - mean) ** 2)) / window.length;
    }),
  ];
};

const groupings: readonly (readonly [text: string, key: (line: Line) => string])[] = [
  ["", () => "{}"],
  [" by (detected_level)", (each) => JSON.stringify({ detected_level: detected(each) })],
  [
    " by (app, detected_level)",
    (each) => JSON.stringify({ app: get(each, "app"), detected_level: detected(each) }),
  ],
  [
    " by (level, detected_level)",
    (each) =>
      JSON.stringify({
        detected_level: detected(each),
        ...(get(each, "level") !== "" && { level: get(each, "level") }),
      }),
  ],
  [
    " by (app, user)",
    (each) =>
      JSON.stringify({
        app: get(each, "app"),
        ...(get(each, "user") !== "" && { user: get(each, "user") }),
      }),
  ],
];

test.each([
  ["sums of counts", fns],
  ["sums of values", valueFns],
])("%s are those of every window looked at apart", async (_, fnsOf) => {
  await fc.assert(
    fc.asyncProperty(
      lines,
      query.filter(({ text }) => !text.includes("line_format")),
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 1, max: 45 }),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: -20, max: 20 }),
      async (all, { text, passes }, fnAt, groupAt, range, step, offset) => {
        const engine = await engineWith(all);
        const choices = fnsOf(text);
        const fn = choices[fnAt % choices.length];
        const [by, keyOf] = groupings[groupAt % groupings.length] ?? ["", () => "{}"];
        if (fn === undefined) return;
        const inner = fn.text(`${range}s`).replace("])", `] offset ${offset}s)`);
        // Averages have no sum: those functions are grouped themselves.
        const asked =
          fnsOf === fns ? `sum${by} (${inner})` : `${inner}${by === "" ? " by ()" : by}`;
        const end = START + 120n * SECOND;
        const found = await samples(engine, {
          query: asked,
          start: String(START),
          end: String(end),
          step: String(step),
        });
        const wanted = new Map<string, [number, number][]>();
        // Moments are whole steps, and the last window reaches beyond the end.
        const width = BigInt(step) * SECOND;
        for (let at = START - (START % width); at < end + width; at += width) {
          const last = at - BigInt(offset) * SECOND;
          const window = all.filter(
            (each) =>
              each.time > last - BigInt(range) * SECOND && each.time <= last && passes(each),
          );
          for (const name of new Set(window.map(keyOf))) {
            const value = fn.value(
              window.filter((each) => keyOf(each) === name),
              range,
            );
            const known = wanted.get(name) ?? [];
            known.push([Number(at / 1_000_000n) / 1000, value]);
            wanted.set(name, known);
          }
        }
        const sorted = (metric: object) =>
          JSON.stringify(Object.fromEntries(Object.entries(metric).sort()));
        const got = new Map(found.map(({ metric, values }) => [sorted(metric), values]));
        expect([...got.keys()].sort()).toEqual([...wanted.keys()].sort());
        for (const [name, values] of wanted) {
          const mine = got.get(name) ?? [];
          expect(mine.map(([time]) => time)).toEqual(values.map(([time]) => time));
          for (const [at, [, value]] of values.entries())
            expect(Number(mine[at]?.[1])).toBeCloseTo(value, 6);
        }
      },
    ),
    { numRuns: 150 },
  );
});
