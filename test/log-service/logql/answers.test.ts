import { beforeAll, describe, expect, test } from "vitest";

import type { QueryEngine } from "../../../apps/log-service/src/query/engine/port.ts";
import { call, engineWith, samples, streams, type Line } from "./support.ts";

/** Loki's calls over a few lines, one every ten seconds from a whole minute on. */

const START = 1_767_300_000_000_000_000n;
const SECOND = 1_000_000_000n;
const at = (seconds: number) => String(START + BigInt(seconds) * SECOND);
const range = { start: at(0), end: at(120) };

const lines: readonly Line[] = Array.from({ length: 12 }, (_, index) => ({
  labels: { app: index % 2 === 0 ? "web" : "db", env: index < 6 ? "prod" : "test" },
  time: START + BigInt(index) * 10n * SECOND,
  line:
    index % 2 === 0 ? `{"ms":${index},"user":{"name":"ann"}}` : `level=warn ms=${index} ok=true`,
  structured: { user_id: String(index % 3) },
}));

let engine: QueryEngine;
beforeAll(async () => {
  engine = await engineWith(lines);
});

const answer = async (name: string, parameters: Readonly<Record<string, string>>, argument = "") =>
  call(engine, name, { ...range, ...parameters }, argument);

describe("lists", () => {
  test("labels are those of the streams, level by level of what was asked", async () => {
    expect((await answer("labels", {})).data).toEqual(["app", "env", "service_name"]);
    expect((await answer("labels", { start: at(1_000), end: at(1_001) })).data).toEqual([]);
  });

  test("a label's values are those of the streams that the query lets through", async () => {
    expect((await answer("label", {}, "app")).data).toEqual(["db", "web"]);
    expect((await answer("label", { query: '{app="db"}' }, "app")).data).toEqual(["db"]);
    expect((await answer("label", {}, "nothing")).data).toEqual([]);
  });

  test("series are streams, and none of another matcher", async () => {
    expect((await answer("series", { "match[]": '{app="db", env="test"}' })).data).toEqual([
      { app: "db", env: "test", service_name: "db" },
    ]);
  });

  test("detected labels tell how many values each has", async () => {
    expect(await answer("detected_labels", { query: '{env="prod"}' })).toEqual({
      detectedLabels: [
        { label: "app", cardinality: 2 },
        { label: "env", cardinality: 1 },
        { label: "service_name", cardinality: 2 },
      ],
    });
  });
});

describe("index", () => {
  const bytesOf = (app: string) =>
    lines
      .filter(({ labels }) => labels["app"] === app)
      .reduce((sum, { line }) => sum + line.length, 0);

  test("stats count streams, entries and bytes", async () => {
    expect(await answer("index/stats", { query: '{app="web"}' })).toEqual({
      streams: 2,
      chunks: 2,
      entries: 6,
      bytes: bytesOf("web"),
    });
  });

  const volume = async (parameters: Readonly<Record<string, string>>) =>
    (await answer("index/volume", { query: '{env=~".+"}', ...parameters })).data.result;

  test("volume is by the labels of the selector, the largest first", async () => {
    expect(await volume({ targetLabels: "app" })).toEqual(
      [
        { metric: { app: "db" }, value: [Number(at(120)) / 1e9, String(bytesOf("db"))] },
        { metric: { app: "web" }, value: [Number(at(120)) / 1e9, String(bytesOf("web"))] },
      ].sort((a, b) => Number(b.value[1]) - Number(a.value[1])),
    );
    // The later lines have numbers of two digits.
    expect(await volume({})).toMatchObject([
      { metric: { env: "test" } },
      { metric: { env: "prod" } },
    ]);
  });

  test("volume by labels knows each label that there is", async () => {
    const total = String(bytesOf("db") + bytesOf("web"));
    expect(await volume({ aggregateBy: "labels" })).toEqual(
      ["app", "env", "service_name"].map((name) => ({
        metric: { [name]: "" },
        value: [Number(at(120)) / 1e9, total],
      })),
    );
  });

  test("volume over time is cut at whole steps, each told by its last millisecond", async () => {
    const found: readonly { values: readonly (readonly [number, string])[] }[] = (
      await answer("index/volume_range", { query: '{app=~".+"}', step: "60", targetLabels: "env" })
    ).data.result;
    const times = found.flatMap(({ values }) => values.map(([time]) => time));
    expect(times.sort()).toEqual([
      Number(START / SECOND) + 59.999,
      Number(START / SECOND) + 119.999,
    ]);
  });
});

describe("what lines have in them", () => {
  test("is detected with its type and what reads it", async () => {
    const { fields } = JSON.parse(
      JSON.stringify(await answer("detected_fields", { query: '{app=~".+"}' })),
    );
    expect(fields).toEqual(
      expect.arrayContaining([
        {
          label: "ms",
          type: "int",
          cardinality: 12,
          parsers: ["logfmt", "json"],
          jsonPath: ["ms"],
        },
        {
          label: "user_name",
          type: "string",
          cardinality: 1,
          parsers: ["json"],
          jsonPath: ["user", "name"],
        },
        { label: "ok", type: "boolean", cardinality: 1, parsers: ["logfmt"] },
        { label: "user_id", type: "int", cardinality: 3, parsers: null },
        { label: "detected_level", type: "string", cardinality: 2, parsers: null },
      ]),
    );
  });

  test("is told value by value", async () => {
    expect(await answer("detected_field", { query: '{app="db"}' }, "ms")).toEqual({
      values: ["1", "11", "3", "5", "7", "9"],
      limit: 1_000,
    });
  });

  test("comes as patterns with their counts", async () => {
    expect((await answer("patterns", { query: '{app="db"}' })).data).toMatchObject([
      { pattern: "level=warn ms=<_> ok=true", samples: [[Number(START / SECOND) + 110, 6]] },
    ]);
  });
});

describe("a query over a range", () => {
  test("has its moments at whole steps and its newest lines in the last of them", async () => {
    const [series] = await samples(engine, {
      query: 'sum(count_over_time({app=~".+"} [1m]))',
      start: at(7),
      end: at(115),
      step: "60",
    });
    const seconds = Number(START / SECOND);
    expect(series?.values).toEqual([
      [seconds, "1"],
      [seconds + 60, "6"],
      [seconds + 120, "5"],
    ]);
  });

  test.each([
    ["backward", [110, 80, 50]],
    ["forward", [0, 30, 60]],
  ])("leaves out lines within the interval, read %s", async (direction, seconds) => {
    const found = await streams(engine, {
      ...range,
      query: '{app=~".+"}',
      interval: "30",
      limit: "3",
      direction,
    });
    const times = found.flatMap(({ values }) => values.map(([time]) => time));
    expect(times.sort()).toEqual(seconds.map(at).sort());
  });

  test("of numbers alone is a constant at each step", async () => {
    expect(await samples(engine, { ...range, query: "1 + 2 * 3", step: "60" })).toMatchObject([
      {
        metric: {},
        values: [
          [Number(START / SECOND), "7"],
          [expect.any(Number), "7"],
          [expect.any(Number), "7"],
        ],
      },
    ]);
  });

  test("fills the steps of a series that has none there by another of the same labels", async () => {
    const found = await samples(engine, {
      query: 'sum(count_over_time({app=~".+"} [1m])) or vector(0)',
      start: at(-120),
      end: at(60),
      step: "60",
    });
    expect(
      found.map(({ metric, values }) => ({ metric, values: values.map(([, value]) => value) })),
    ).toEqual([{ metric: {}, values: ["0", "0", "1", "6"] }]);
  });

  test("that finds nothing has an empty result of its kind", async () => {
    expect((await answer("query_range", { query: '{app="none"}' })).data).toMatchObject({
      resultType: "streams",
      result: [],
    });
    expect((await answer("query_range", { query: 'rate({app="none"}[5m])' })).data).toMatchObject({
      resultType: "matrix",
      result: [],
    });
  });
});

describe("a query of one moment", () => {
  test.each([
    ["vector(1)+vector(1)", "vector", [{ metric: {}, value: [1_767_400_000, "2"] }]],
    ["1+1", "scalar", [1_767_400_000, "2"]],
    ["vector(0) == 1", "vector", []],
  ])("answers %s", async (query, resultType, result) => {
    expect((await call(engine, "query", { query })).data).toMatchObject({ resultType, result });
  });

  test("orders what topk keeps", async () => {
    const query = 'topk(1, sum by (user_id) (count_over_time({app="web"} | json | ms > 0 [2m])))';
    expect((await call(engine, "query", { query, time: at(120) })).data.result).toMatchObject([
      { metric: { user_id: expect.any(String) }, value: [expect.any(Number), "2"] },
    ]);
  });
});

describe("mistakes are told in Loki's words", () => {
  test.each([
    ["query_range", { query: '{app="web"}', limit: "0" }, "limit must be a positive value"],
    ["query_range", { query: '{app="web"}', direction: "up" }, "invalid direction 'up'"],
    ["query_range", { query: '{app="web"}', interval: "-1" }, "interval must be >= 0"],
    [
      "query_range",
      { query: 'rate({app="web"}[1m])', step: "-1" },
      "zero or negative query resolution",
    ],
    [
      "query_range",
      { query: 'rate({app="web"}[1m])', step: "0.001" },
      "exceeded maximum resolution of 11000",
    ],
    [
      "query_range",
      { query: '{app="web"}', start: at(9), end: at(8) },
      "end timestamp must not be before",
    ],
    [
      "query_range",
      { query: '{app="web"}', limit: "5001" },
      "max entries limit per query exceeded",
    ],
    ["query", { query: '{app="web"}' }, "log queries are not supported as an instant query type"],
    ["query_range", {}, "parse error : syntax error"],
    ["series", { "match[]": 'rate({app="web"}[1m])' }, "only log queries"],
    [
      "query_range",
      { query: 'sum(count_over_time({app="db"} | json [1m]))' },
      `pipeline error: 'JSONParserErr' for series: '{__error__="JSONParserErr", `,
    ],
    [
      "query_range",
      { query: 'sum_over_time({app="web"} | json | unwrap user_name [1m])' },
      "pipeline error: 'SampleExtractionErr'",
    ],
  ])("%s of %o", async (name, parameters, problem) => {
    await expect(answer(name, parameters)).rejects.toThrow(problem);
  });
});
