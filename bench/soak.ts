import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { freePort } from "../tools/port.ts";
import { cpuSeconds, residentBytes, start, until } from "./ingest/processes.ts";
import { BENCH_KEY, serviceEnvironment, writeAccess } from "./ingest/subjects.ts";
import { get } from "./peers/ask.ts";
import { startArchiveStores } from "./support/archive-stores.ts";
import { slope, slopeText } from "./support/figures.ts";
import { call, overHttp, startEcho, startTapOn, type Way } from "./tap/ways.ts";

const HELP = `npm run bench -- soak [--minutes 60] [--rate 1000]
  The resident memory of the tap, the service and its worker, each a process of its own, while an MCP client's
  messages go through the tap and their copies, so many records a second, through the service into the archive;
  questions to both tiers beside it. Prints how fast each grows, with its 95% confidence interval, over the
  second half of the time: the first is start and warm-up.`;

const MAIN = fileURLToPath(new URL("../apps/log-service/src/main.ts", import.meta.url));
const HEADERS = { authorization: `Bearer ${BENCH_KEY}` };
/** The copy of a message and that of its answer. */
const RECORDS_A_MESSAGE = 2;
/** What the hot store keeps: full within minutes, so that retention works for most of the time. */
const HOT_BYTES = 32 * 2 ** 20;
/** As a pod with an archive gives them: V8 grows a heap without a bound to what the machine would bear. */
const HEAPS_MIB = { service: 307, worker: 204 };
/** Of each message. */
const BYTES = 300;
const SAMPLE_MS = 1_000;
const QUESTIONS = ["?q=level:TRACE&limit=100", "/count?q=echo", "?q=metadata.id:7&limit=10"];

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "60" },
      rate: { type: "string", default: "1000" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "neurallog-soak-"));
  try {
    await soak(folder, Number(values.minutes), Number(values.rate));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function soak(folder: string, minutes: number, rate: number): Promise<void> {
  writeAccess(folder);
  // What was started ends also where a later part does not come about.
  await using started = new AsyncDisposableStack();
  const stores = await startArchiveStores(folder);
  started.defer(() => stores.end());
  const [port, workPort, echoPort] = [await freePort(), await freePort(), await freePort()];
  const [tapPort, health] = [await freePort(), await freePort()];
  const origin = `http://127.0.0.1:${port}`;
  const environment = {
    ...serviceEnvironment(folder, port, stores.redisUrl),
    ...stores.environment,
    NEURALLOG_RETENTION_BYTES: String(HOT_BYTES),
  };
  const service = start(process.execPath, [MAIN, "serve"], {
    ...environment,
    NEURALLOG_WORK: "none",
    NODE_OPTIONS: `--max-old-space-size=${HEAPS_MIB.service}`,
  });
  started.defer(() => service.end());
  const worker = start(process.execPath, [MAIN, "work"], {
    ...Object.fromEntries(Object.entries(environment).filter(([name]) => isWorkers(name))),
    NEURALLOG_OPS_PORT: String(workPort),
    NODE_OPTIONS: `--max-old-space-size=${HEAPS_MIB.worker}`,
  });
  started.defer(() => worker.end());
  service.process.stdout?.resume();
  worker.process.stdout?.resume();
  const target = `http://127.0.0.1:${echoPort}`;
  const echo = startEcho(echoPort);
  started.defer(() => echo.end());
  const account = { NEURALLOG_URL: origin, NEURALLOG_KEY: BENCH_KEY };
  const tap = startTapOn(target, { port: tapPort, health }, account);
  started.defer(() => tap.end());
  await until("the service", () => answers(`${origin}/health/ready`));
  await until("the worker", () => answers(`http://127.0.0.1:${workPort}/health/ready`));
  await until("the tap", () => answers(`http://127.0.0.1:${health}/health`));
  const subjects = { tap: tap.pid, service: service.pid, worker: worker.pid };
  const messages = (60 * minutes * rate) / RECORDS_A_MESSAGE;
  const stop = new AbortController();
  started.defer(() => stop.abort());
  const asking = ask(`${origin}/api/logs`, stop.signal);
  const watching = watch(subjects, stop.signal);
  await load(overHttp(`http://127.0.0.1:${tapPort}/`), messages, rate / RECORDS_A_MESSAGE);
  stop.abort();
  const samples = await watching;
  print(samples, await asking);
  await until("the archive", async () => {
    const [row] = await stores.query("SELECT count(*)::int AS records FROM neurallog.logs");
    return Number(row?.["records"]) >= RECORDS_A_MESSAGE * messages ? true : undefined;
  });
  const { recording } = JSON.parse(await get(`http://127.0.0.1:${health}/health`, {}));
  console.log(`${messages} messages, dropped by the tap: ${recording.dropped}; all archived`);
}

/** The worker refuses to start with settings that are not its own. */
function isWorkers(name: string): boolean {
  return /^NEURALLOG_(TENANT|REDIS_|ARCHIVE_|RETENTION_)/.test(name);
}

async function load(way: Way, messages: number, perSecond: number): Promise<void> {
  const started = performance.now();
  for (let sent = 0; sent < messages; sent += 1) {
    const early = started + (sent * 1_000) / perSecond - performance.now();
    if (early > 5) await sleep(early);
    await way.ask(call(sent, BYTES));
  }
  await way.close();
}

/** How many were answered. */
async function ask(url: string, stop: AbortSignal): Promise<number> {
  let asked = 0;
  for (; !stop.aborted; asked += 1) {
    await get(`${url}${QUESTIONS[asked % QUESTIONS.length] ?? ""}`, HEADERS);
    await sleep(SAMPLE_MS);
  }
  return asked;
}

interface Sample {
  readonly hours: number;
  readonly megabytes: number;
  readonly cpu: number;
}

async function watch<Name extends string>(
  pids: Readonly<Record<Name, number>>,
  stop: AbortSignal,
): Promise<Map<string, Sample[]>> {
  const started = performance.now();
  const samples = new Map<string, Sample[]>(Object.keys(pids).map((name) => [name, []]));
  for (; !stop.aborted; await sleep(SAMPLE_MS)) {
    for (const [name, pid] of Object.entries<number>(pids)) {
      const hours = (performance.now() - started) / 3_600_000;
      const sample = { hours, megabytes: residentBytes(pid) / 1e6, cpu: cpuSeconds(pid) };
      samples.get(name)?.push(sample);
    }
  }
  return samples;
}

function print(samples: ReadonlyMap<string, readonly Sample[]>, asked: number): void {
  const rows = [...samples].map(([name, all]) => {
    const late = all.slice(all.length >> 1);
    const growth = slope(late.map((sample) => [sample.hours, sample.megabytes]));
    const [first, last] = [late[0], late.at(-1)];
    const seconds = 3_600 * ((last?.hours ?? 0) - (first?.hours ?? 0));
    const row = {
      "MB at half-time": first?.megabytes.toFixed(0),
      "MB at the end": last?.megabytes.toFixed(0),
      "MB at the most": Math.max(...all.map(({ megabytes }) => megabytes)).toFixed(0),
      growth: slopeText(growth, "MB an hour"),
      "CPU share": (((last?.cpu ?? 0) - (first?.cpu ?? 0)) / seconds).toFixed(2),
    };
    return [name, row] as const;
  });
  console.table(Object.fromEntries(rows));
  console.log(`${asked} questions answered beside it`);
}

async function answers(url: string): Promise<true | undefined> {
  return (await fetch(url)).ok ? true : undefined;
}
