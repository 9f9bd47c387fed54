import { beforeAll, describe, expect, test } from "vitest";

import type { QueryEngine } from "../../../apps/log-service/src/query/engine/port.ts";
import { call, engineWith, type Line } from "./support.ts";

/** Calculations with series: three streams of two teams, with one, two and four lines. */

const START = 1_767_300_000_000_000_000n;
const SECOND = 1_000_000_000n;

const stream = (app: string, team: string, count: number): Line[] =>
  Array.from({ length: count }, (_, index) => ({
    labels: { app, team },
    time: START + BigInt(index) * SECOND,
    line: "x",
  }));

let engine: QueryEngine;
beforeAll(async () => {
  engine = await engineWith([
    ...stream("a", "red", 1),
    ...stream("b", "red", 2),
    ...stream("c", "blue", 4),
  ]);
});

async function values(query: string): Promise<Readonly<Record<string, string>>> {
  const counted = query
    .replaceAll("APP", 'sum by (app, team) (count_over_time({app=~".+"}[1m]))')
    .replaceAll("TEAM", 'sum by (team) (count_over_time({app=~".+"}[1m]))')
    .replaceAll("ALL", 'sum(count_over_time({app=~".+"}[1m]))');
  const { data } = await call(engine, "query", {
    query: counted,
    time: String(START + 30n * SECOND),
  });
  const result: readonly { metric: Readonly<Record<string, string>>; value: [number, string] }[] =
    data.result;
  return Object.fromEntries(
    result.map(({ metric, value: [, value] }) => [
      Object.entries(metric)
        .map(([name, label]) => `${name}=${label}`)
        .sort()
        .join(),
      value,
    ]),
  );
}

describe("series that belong together", () => {
  test.each([
    ["one to one", "TEAM * TEAM", { "team=red": "9", "team=blue": "16" }],
    ["by named labels", "ALL - on() ALL", { "": "0" }],
    [
      "many to the one on the right",
      "APP / on(team) group_left() TEAM",
      {
        "app=a,team=red": "0.3333333333333333",
        "app=b,team=red": "0.6666666666666666",
        "app=c,team=blue": "1",
      },
    ],
    [
      "many to the one on the left, in the order that is written",
      "TEAM - on(team) group_right() APP",
      { "app=a,team=red": "2", "app=b,team=red": "1", "app=c,team=blue": "0" },
    ],
    [
      "with a label of the one",
      'sum by (app) (count_over_time({app="c"}[1m])) * on() group_left(team) sum by (team) (count_over_time({team="blue"}[1m]))',
      { "app=c,team=blue": "16" },
    ],
    ["that compare", "APP == on(team) group_left() TEAM", { "app=c,team=blue": "4" }],
    ["in sets", "TEAM unless (TEAM > 3)", { "team=red": "3" }],
  ])("%s", async (_, query, wanted) => {
    expect(await values(query)).toEqual(wanted);
  });

  test.each(["TEAM / on(team) APP", "APP / on(team) TEAM", "TEAM * on() group_left() TEAM"])(
    "are refused where one has several partners: %s",
    async (query) => {
      await expect(values(query)).rejects.toThrow("multiple matches for labels");
    },
  );
});

test("label_replace makes a label of another's parts", async () => {
  const query = 'label_replace(TEAM, "first", "$1", "team", "(.).*")';
  expect(await values(query)).toEqual({ "first=r,team=red": "3", "first=b,team=blue": "4" });
});

test("a comparison with a number keeps the values that hold, or tells whether they do", async () => {
  expect(await values("APP > 1")).toEqual({ "app=b,team=red": "2", "app=c,team=blue": "4" });
  expect(await values("2 > APP")).toEqual({ "app=a,team=red": "1" });
  expect(await values("TEAM > bool 3")).toEqual({ "team=red": "0", "team=blue": "1" });
});

describe("aggregations", () => {
  test.each([
    ["avg(APP)", { "": String(7 / 3) }],
    ["min by (team) (APP)", { "team=red": "1", "team=blue": "4" }],
    ["max without (app) (APP)", { "team=red": "2", "team=blue": "4" }],
    ["count(APP)", { "": "3" }],
    ["stdvar by (team) (APP)", { "team=red": "0.25", "team=blue": "0" }],
    ["topk(1, APP) by (team)", { "app=b,team=red": "2", "app=c,team=blue": "4" }],
    ["bottomk(1, APP)", { "app=a,team=red": "1" }],
  ])("%s", async (query, wanted) => {
    expect(await values(query)).toEqual(wanted);
  });

  test.each([
    ["sort(APP)", ["1", "2", "4"]],
    ["sort_desc(APP)", ["4", "2", "1"]],
  ])("%s orders the series", async (query, wanted) => {
    expect(Object.values(await values(query))).toEqual(wanted);
  });
});
