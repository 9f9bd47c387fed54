import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { watchMoving } from "../../../apps/log-service/src/observe/archive-metrics.ts";
import { Metrics } from "../../../apps/log-service/src/observe/metrics.ts";
import { ask, startTestService } from "../http/support.ts";
import { readScrape, typesOf } from "./scrape.ts";

const page = readFileSync(new URL("../../../docs/operate.md", import.meta.url), "utf8");

/** Metrics that the page's table names, with their labels. */
const rows = [...page.matchAll(/^\| `(neurallog_\w+)` +\| ([\w, ]*)\|/gm)].map(
  ([, name = "", labels = ""]) => ({
    name,
    labels: labels.split(",").flatMap((label) => label.trim() || []),
  }),
);

test("the page on operating has every metric in its table, and no other", async () => {
  await using service = await startTestService();
  const { body } = await ask(`${service.opsUrl}/metrics`);
  const ofArchive = new Metrics();
  watchMoving(ofArchive, () => undefined);
  const all = [body, await ofArchive.registry.metrics()].flatMap((text) => [
    ...typesOf(text).keys(),
  ]);
  const registered = [...new Set(all)].filter((name) => name.startsWith("neurallog_"));
  expect(registered.length).toBeGreaterThan(35);
  expect(rows.map(({ name }) => name).toSorted()).toEqual(registered.toSorted());
});

test("its table has each metric's labels", async () => {
  await using service = await startTestService();
  await service.client("writer").write({ message: "a" });
  await service.client("reader").search();
  const { body } = await ask(`${service.opsUrl}/metrics`);
  const seen = new Map<string, Set<string>>();
  for (const sample of readScrape(body).keys()) {
    const [, series = "", inside = ""] = /^(\w+)(?:\{(.*)\})?$/.exec(sample) ?? [];
    const name = series.replace(/_(bucket|sum|count)$/, "");
    const labels = [...inside.matchAll(/(\w+)="/g)].map(([, label = ""]) => label);
    const known = seen.get(name) ?? new Set();
    for (const label of labels) if (label !== "le") known.add(label);
    seen.set(name, known);
  }
  let compared = 0;
  for (const { name, labels } of rows) {
    const told = [...(seen.get(name) ?? [])];
    if (told.length === 0) continue;
    compared += 1;
    expect([name, told.toSorted()]).toEqual([name, labels.toSorted()]);
  }
  expect(compared).toBeGreaterThan(5);
});

test("every metric in the page's alerts is one that is there", () => {
  const named = [...page.matchAll(/neurallog_\w+/g)].map(([name]) => name);
  // The database's roles have names of the same kind.
  const others = ["neurallog_", "neurallog_owner", "neurallog_writer", "neurallog_reader"];
  const known = new Set([...rows.map(({ name }) => name), ...others]);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});
