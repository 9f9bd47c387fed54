import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { cpuSeconds, residentBytes, start } from "./ingest/processes.ts";
import { BENCH_KEY, startLogService, startSeedsService, type Subject } from "./ingest/subjects.ts";

interface Load {
  readonly batches: number;
  readonly size: number;
  readonly connections: number;
  readonly corpus: string | undefined;
}

interface Figures {
  readonly name: string;
  readonly records: number;
  readonly seconds: number;
  readonly cpu: { readonly service: number; readonly redis: number };
  readonly bytesARecord: number;
  readonly jsonBytes: number;
  readonly resident: number;
  readonly p50: number;
  readonly p99: number;
}

const HELP = `npm run bench -- ingest [--batches 300] [--size 1000] [--connections 4] [--rounds 3] [--corpus FOLDER]
  --corpus  a folder of *.log files whose lines are sent, numbers and ids drawn anew for each record`;

/** Ingest over HTTP: our service beside one key and one index entry for each record, same load, same run. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      batches: { type: "string", default: "300" },
      size: { type: "string", default: "1000" },
      connections: { type: "string", default: "4" },
      rounds: { type: "string", default: "3" },
      corpus: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const load: Load = {
    batches: Number(values.batches),
    size: Number(values.size),
    connections: Number(values.connections),
    corpus: values.corpus,
  };
  const subjects: [string, (folder: string) => Promise<Subject>][] = [
    ["seeds' layout (key + index entry)", startSeedsService],
    ["log service (blocks)", startLogService],
  ];
  // Rounds in turn, the best of each: what another process took of one round says nothing of either.
  const best = new Map<string, Figures>();
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [name, startSubject] of subjects) {
      const figures = await measure(name, startSubject, load);
      const before = best.get(name);
      if (before === undefined || figures.seconds < before.seconds) best.set(name, figures);
    }
  }
  print([...best.values()], load);
}

async function measure(
  name: string,
  startSubject: (folder: string) => Promise<Subject>,
  load: Load,
): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-bench-"));
  const subject = await startSubject(folder);
  try {
    const empty = await usedMemory(subject);
    // What the first requests cost to compile is not measured; their records stay, as a service keeps its own.
    const warming = { ...load, batches: Math.ceil(load.batches / 3) };
    await sendLoad(subject.url, warming);
    const pids = [subject.service.pid, subject.redis.pid] as const;
    const before = pids.map(cpuSeconds);
    const outcome = await sendLoad(subject.url, load);
    const [service = 0, redis = 0] = pids.map(
      (pid, index) => cpuSeconds(pid) - (before[index] ?? 0),
    );
    const records = load.batches * load.size;
    return {
      name,
      records,
      ...outcome,
      cpu: { service, redis },
      bytesARecord: ((await usedMemory(subject)) - empty) / (records + warming.batches * load.size),
      jsonBytes: outcome.bytes / records,
      resident: residentBytes(subject.service.pid),
    };
  } finally {
    await subject.end();
    await rm(folder, { recursive: true, force: true });
  }
}

async function sendLoad(
  url: string,
  load: Load,
): Promise<{ bytes: number; seconds: number; p50: number; p99: number }> {
  const script = fileURLToPath(new URL("ingest/load.ts", import.meta.url));
  const counts = [load.batches, load.size, load.connections].map(String);
  const corpus = load.corpus === undefined ? [] : [load.corpus];
  const child = start(process.execPath, [script, url, BENCH_KEY, ...counts, ...corpus]);
  const { bytes }: { bytes: number } = JSON.parse(await child.line());
  child.process.stdin?.write("go\n");
  const outcome: { seconds: number; p50: number; p99: number } = JSON.parse(await child.line());
  await child.end();
  return { bytes, ...outcome };
}

async function usedMemory({ client }: Subject): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await client.info("memory"))?.[1]);
}

function print(figures: readonly Figures[], load: Load): void {
  const [first] = figures;
  console.log(
    `${first?.records} records of ${first?.jsonBytes.toFixed(0)} bytes of JSON in batches of ${load.size} ` +
      `over ${load.connections} connections; Redis on the same machine, appendfsync always`,
  );
  console.table(
    Object.fromEntries(
      figures.map((figure) => [
        figure.name,
        {
          "records/s": Math.round(figure.records / figure.seconds),
          "records/CPU-second": Math.round(
            figure.records / (figure.cpu.service + figure.cpu.redis),
          ),
          "CPU us/record: service": Number(
            ((1e6 * figure.cpu.service) / figure.records).toFixed(1),
          ),
          Redis: Number(((1e6 * figure.cpu.redis) / figure.records).toFixed(1)),
          "Redis bytes/record": Math.round(figure.bytesARecord),
          "p50 ms": Number(figure.p50.toFixed(1)),
          "p99 ms": Number(figure.p99.toFixed(1)),
          "service MB": Math.round(figure.resident / 1e6),
        },
      ]),
    ),
  );
}
