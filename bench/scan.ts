import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { cpuSeconds, residentBytes, start } from "./ingest/processes.ts";
import { BENCH_KEY, startLogService, type Subject } from "./ingest/subjects.ts";
import { quantile, sorted } from "./support/figures.ts";

const HELP = `npm run bench -- scan [--records 1000000] [--rounds 9] [--corpus FOLDER]
  Questions over HTTP, cold and warm, without a result cache; then everything is scanned in full while traces are
  looked up, and the event loop of the thread that takes in records is watched.`;

const agent = new Agent({ keepAlive: true });

/** How long questions take, and what they do to everybody else. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      records: { type: "string", default: "1000000" },
      rounds: { type: "string", default: "9" },
      corpus: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "neurallog-bench-"));
  const subject = await startLogService(folder);
  try {
    await load(subject.url, Math.ceil(Number(values.records) / 1_000), values.corpus);
    const traces = await someTraces(subject.url);
    console.table(await questions(subject, traces, Number(values.rounds)));
    console.table(await fullScan(subject, traces));
  } finally {
    await subject.end();
    await rm(folder, { recursive: true, force: true });
  }
}

async function load(url: string, batches: number, corpus: string | undefined): Promise<void> {
  const script = fileURLToPath(new URL("ingest/load.ts", import.meta.url));
  // The load makes its bodies first and holds them: a tenth of ten million at a time.
  for (let sent = 0; sent < batches; sent += 1_000) {
    const counts = [Math.min(1_000, batches - sent), 1_000, 2].map(String);
    const rest = corpus === undefined ? [] : [corpus];
    const child = start(process.execPath, [script, url, BENCH_KEY, ...counts, ...rest]);
    await child.line();
    child.process.stdin?.write("go\n");
    await child.line();
    await child.end();
  }
}

interface Answer {
  readonly ms: number;
  readonly body: { readonly [key: string]: unknown };
}

function ask(url: string): Promise<Answer> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${BENCH_KEY}` };
    get(url, { agent, headers }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on("data", (chunk: Buffer) => chunks.push(chunk));
      reply.on("error", reject);
      reply.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const ms = performance.now() - started;
        if (reply.statusCode === 200) resolve({ ms, body: JSON.parse(text) });
        else reject(new Error(`${url}: ${text.slice(0, 300)}`));
      });
    }).on("error", reject);
  });
}

async function someTraces(url: string): Promise<string[]> {
  const { body } = await ask(`${url}?limit=1000&order=asc`);
  const { records } = body;
  if (!Array.isArray(records)) throw new Error("no records");
  return [...new Set(records.map((record) => String(record.trace_id)))];
}

async function questions({ url }: Subject, traces: readonly string[], rounds: number) {
  let fresh = 0;
  const kinds: Readonly<Record<string, () => string>> = {
    "trace, another each time": () => `/trace?trace_id=${traces[(fresh += 7) % traces.length]}`,
    "phrase, limit 100": () => `?q=${encodeURIComponent('"Connection reset"')}&limit=100`,
    "phrase, counted": () => `/count?q=${encodeURIComponent('"Connection reset"')}`,
    "word that is nowhere": () => `?q=absent${(fresh += 1)}x&limit=100`,
    "count by level": () => "/count?by=level",
    "histogram by minute": () => "/histogram?interval=1m",
    "last 100 errors": () => "?level=ERROR&limit=100",
    "regular expression": () => `?q=${encodeURIComponent("message:/blk_[0-9]+99 src/")}&limit=100`,
    "regular expression, counted": () =>
      `/count?q=${encodeURIComponent("message:/blk_[0-9]+99 src/")}`,
    "top 10 of metadata": () => `/aggregate?q=${encodeURIComponent("* | top 10 metadata.host")}`,
    "facets of four fields": () =>
      "/facets?field=level,source,metadata.host,metadata.user_id&limit=10",
    "count by source": () => "/count?by=source",
    patterns: () => "/patterns?limit=20",
    "substring, counted": () => "/count?text=eset",
  };
  const table: Record<string, object> = {};
  for (const [name, path] of Object.entries(kinds)) {
    const times: number[] = [];
    let last: Answer | undefined;
    try {
      for (let round = 0; round < rounds; round += 1) {
        last = await ask(url + path());
        times.push(last.ms);
      }
    } catch (error) {
      console.log(`${name}: ${String(error)}`);
      continue;
    }
    const [cold = 0, ...warm] = times;
    const scanned: unknown = last?.body["scanned"];
    table[name] = {
      "cold ms": round1(cold),
      "p50 ms": round1(quantile(sorted(warm), 0.5)),
      "p99 ms": round1(quantile(sorted(warm), 0.99)),
      ...(typeof scanned === "object" ? scanned : {}),
      truncated: last?.body["truncated"],
    };
  }
  return table;
}

/** Scans all of it for a text that no filter rules out, and looks up traces meanwhile. */
async function fullScan({ url, service }: Subject, traces: readonly string[]) {
  await eventLoopDelay(url);
  const cpu = cpuSeconds(service.pid);
  const state = { isScanning: true };
  const scan = ask(`${url}/count?q=${encodeURIComponent("message:/[xyz]{9}[0-9]{9}/")}`).finally(
    () => {
      state.isScanning = false;
    },
  );
  const lookups: number[] = [];
  for (let at = 0; state.isScanning; at += 1) {
    lookups.push((await ask(`${url}/trace?trace_id=${traces[at % traces.length]}`)).ms);
  }
  const { ms, body } = await scan;
  return {
    "full scan": {
      seconds: round1(ms / 1_000),
      "CPU seconds": round1(cpuSeconds(service.pid) - cpu),
      truncated: body["truncated"],
      "main thread's longest delay, ms": round1(1_000 * (await eventLoopDelay(url))),
      "look-ups meanwhile": lookups.length,
      "their p50 ms": round1(quantile(sorted(lookups), 0.5)),
      "p99 ms": round1(quantile(sorted(lookups), 0.99)),
      "resident MB": Math.round(residentBytes(service.pid) / 1e6),
    },
  };
}

/** The longest delay since the last time this was asked, in seconds, as perf_hooks measures it. */
async function eventLoopDelay(url: string): Promise<number> {
  const reply = await fetch(new URL("/metrics", url), {
    headers: { authorization: `Bearer ${BENCH_KEY}` },
  });
  return Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(await reply.text())?.[1]);
}

function round1(value: number): number {
  return Math.round(value * 10) / 10;
}
