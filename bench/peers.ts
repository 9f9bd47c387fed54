import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { startLogService, startSeedsService } from "./ingest/subjects.ts";
import { elasticsearch } from "./peers/elasticsearch.ts";
import { drawer, expect, type LoadPlan } from "./peers/load-plan.ts";
import { loki } from "./peers/loki.ts";
import { measure, type Figures } from "./peers/measure.ts";
import { neuralLog } from "./peers/neurallog.ts";
import type { Peer } from "./peers/peer.ts";
import { seeds } from "./peers/seeds.ts";
import { printTables } from "./peers/tables.ts";
import { victoriaLogs } from "./peers/victoria-logs.ts";

const HELP = `npm run bench -- peers [--records 1000000] [--size 1000] [--connections 4] [--cores N] [--corpus FOLDER]
    [--victoria-logs URL] [--loki URL [--loki-folder FOLDER]] [--elasticsearch URL] [--without-seeds]
  Sends the same records in the same batches to the log service, to the seeds' layout and to the peers
  named by address, which have to be empty, and asks all of them the same questions over HTTP.
  --cores   on so many cores our own processes run (taskset); start the peers with as many
  --corpus  a folder of *.log files whose lines are sent, numbers and ids drawn anew for each record`;

/** One table of ingest, size, memory and latency, from one run. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      records: { type: "string", default: "1000000" },
      size: { type: "string", default: "1000" },
      connections: { type: "string", default: "4" },
      cores: { type: "string" },
      corpus: { type: "string" },
      "victoria-logs": { type: "string" },
      loki: { type: "string" },
      "loki-folder": { type: "string" },
      elasticsearch: { type: "string" },
      "without-seeds": { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const size = Number(values.size);
  const plan: LoadPlan = {
    batches: Math.max(1, Math.round(Number(values.records) / size)),
    size,
    connections: Number(values.connections),
    corpus: values.corpus,
    seed: Date.now() % 1_000_000,
    // In the past by what the records span, so that none is from the future.
    startMs: Date.now() - 2 * Number(values.records) - 120_000,
  };
  const expected = expect(plan);
  const draw = drawer(plan, expected);
  const cores = values.cores === undefined ? undefined : Number(values.cores);
  const starts: (() => Promise<Peer>)[] = [() => own(startLogService, neuralLog, cores)];
  if (values["without-seeds"] !== true) starts.push(() => own(startSeedsService, seeds, cores));
  const { "victoria-logs": victoria, loki: lokiUrl, elasticsearch: elastic } = values;
  if (victoria !== undefined) starts.push(async () => victoriaLogs(victoria));
  if (lokiUrl !== undefined) starts.push(async () => loki(lokiUrl, values["loki-folder"]));
  if (elastic !== undefined) starts.push(async () => elasticsearch(elastic));

  const figures: Figures[] = [];
  // One after the other: each has the machine for itself.
  for (const startPeer of starts) {
    const peer = await startPeer();
    try {
      figures.push(await measure(peer, plan, expected, draw));
    } catch (error) {
      // The others' figures are not lost for it.
      console.error(`${peer.name} is left out: ${error instanceof Error ? error.message : error}`);
    } finally {
      await peer.end();
    }
  }
  printTables(plan, expected, figures);
}

type Start = typeof startLogService;

async function own(
  startSubject: Start,
  make: (subject: Awaited<ReturnType<Start>>, emptyBytes: number) => Peer,
  cores: number | undefined,
): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-bench-"));
  const subject = await startSubject(folder, cores);
  const empty = Number(/^used_memory:(\d+)/m.exec(await subject.client.info("memory"))?.[1]);
  const peer = make(subject, empty);
  return {
    ...peer,
    end: async () => {
      await peer.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
