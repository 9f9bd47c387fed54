import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { cpuSeconds, residentBytes, start } from "./ingest/processes.ts";
import { BENCH_KEY, startLogService, type Subject } from "./ingest/subjects.ts";
import { get } from "./peers/ask.ts";
import { processTree } from "./peers/process-tree.ts";

const HELP = `npm run bench -- memory [--minutes 10] [--records 10000000] [--idle-seconds 60] [--corpus FOLDER]
  The service's resident memory, all of its processes together: idle; then under as much load as it takes
  for so many minutes, questions beside it, while retention keeps about so many records; and how long it
  takes from its start until it is ready over them.`;

/** About what a record of the load takes in Redis. */
const RECORD_BYTES = 70;
const SAMPLE_MS = 1_000;

/** One after the other, over and over, while the load goes on. */
const QUESTIONS = [
  "?q=level:ERROR&limit=100",
  "/count?q=failed",
  "/histogram?interval=1m",
  "/facets?field=level",
  "/facets?field=metadata.host",
  "?q=nowheretobefound",
];

const HEADERS = { authorization: `Bearer ${BENCH_KEY}` };

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "10" },
      records: { type: "string", default: "10000000" },
      "idle-seconds": { type: "string", default: "60" },
      corpus: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "neurallog-memory-"));
  const bytes = Number(values.records) * RECORD_BYTES;
  const subject = await startLogService(folder, undefined, {
    NEURALLOG_RETENTION_BYTES: String(bytes),
  });
  try {
    await sleep(1000 * Number(values["idle-seconds"]));
    const idle = treeBytes(subject);
    const cpu = cpuSeconds(subject.service.pid);
    const seconds = 60 * Number(values.minutes);
    const path = fileURLToPath(new URL("memory/load.ts", import.meta.url));
    const order = { url: subject.url, headers: HEADERS, seconds, corpus: values.corpus };
    const load = start(process.execPath, [path, JSON.stringify(order)]);
    await load.line();
    const samples: number[] = [];
    const slowest = new Map<string, number>();
    const watching = watch(subject, seconds, samples, slowest);
    const { records }: { records: number } = JSON.parse(await load.line());
    await watching;
    await load.end();
    const busy = cpuSeconds(subject.service.pid) - cpu;
    const kept = await keptRecords(subject);
    const ready = await restart(subject);
    samples.sort((a, b) => a - b);
    console.table({
      "idle MB": megabytes(idle),
      "under load MB, median": megabytes(samples[samples.length >> 1] ?? 0),
      "under load MB, most": megabytes(samples.at(-1) ?? 0),
      "records taken in": records,
      "records/s": Math.round(records / seconds),
      "CPU share of the service": (busy / seconds).toFixed(2),
      "records kept": kept,
      "start to ready, s": (ready / 1000).toFixed(2),
      "ready MB": megabytes(treeBytes(subject)),
    });
    console.log("Slowest answers beside the load, ms:");
    console.table(Object.fromEntries([...slowest].map(([path, ms]) => [path, Math.round(ms)])));
  } finally {
    await subject.end();
    await rm(folder, { recursive: true, force: true });
  }
}

async function watch(
  subject: Subject,
  seconds: number,
  samples: number[],
  slowest: Map<string, number>,
): Promise<void> {
  const end = performance.now() + 1000 * seconds;
  for (let round = 0; performance.now() < end; round += 1) {
    const path = QUESTIONS[round % QUESTIONS.length] ?? "";
    const asked = performance.now();
    await get(`${subject.url}${path}`, HEADERS);
    const took = performance.now() - asked;
    slowest.set(path, Math.max(slowest.get(path) ?? 0, took));
    samples.push(treeBytes(subject));
    await sleep(SAMPLE_MS);
  }
}

async function keptRecords({ url }: Subject): Promise<number> {
  const { count }: { count: number } = JSON.parse(await get(`${url}/count`, HEADERS));
  return count;
}

/** Milliseconds until it is ready. */
async function restart(subject: Subject): Promise<number> {
  const started = performance.now();
  await subject.restart();
  return performance.now() - started;
}

function treeBytes({ service }: Subject): number {
  return processTree(service.pid).reduce((sum, pid) => sum + residentBytes(pid), 0);
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
