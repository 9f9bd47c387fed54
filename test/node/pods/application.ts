// An application: sends three records with its key through the Service, and finds them again as a reader.
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { NeuralLogClient } from "../../../apps/client/src/index.ts";

const url = process.env["NEURALLOG_URL"] ?? "";
const trace = process.env["TRACE_ID"] ?? "";
const key = (name: string) => readFileSync(`/key/${name}`, "utf8").trim();
const writer = new NeuralLogClient({ url, key: key("writer") });
const reader = new NeuralLogClient({ url, key: key("reader") });

const { ids } = await writer.write(
  ["one", "two", "three"].map((message) => ({ message, source: "application", trace_id: trace })),
);
let found: string[] = [];
for (let tries = 0; tries < 50 && found.length < ids.length; tries++) {
  const { records } = await reader.search({ trace_id: trace, order: "asc" });
  found = records.map(({ id }) => id);
  await sleep(100);
}
writeFileSync("/dev/termination-log", JSON.stringify({ written: ids, found }));
