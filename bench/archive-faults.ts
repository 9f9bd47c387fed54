import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { NeuralLogClient } from "@neurallog/client";

import { startArchiveSite, type ArchiveSite } from "./archive-faults/site.ts";
import type { Victim } from "./faults/victims.ts";
import { BENCH_KEY } from "./ingest/subjects.ts";

const HELP = `npm run bench -- archive-faults [--seconds 60] [--rate 1000]
  One service with work inside, its Redis (appendfsync always) and its PostgreSQL, under a steady rate of records. A
  third of the way in the database is killed with kill -9 and started again, two thirds in the service. Each batch is
  sent until it is acknowledged; at the end every record has to be archived once.`;

const BATCH = 100;
/** After the last record: an archive that is behind has so long. */
const CATCH_UP_MS = 120_000;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: "string", default: "60" },
      rate: { type: "string", default: "1000" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "neurallog-bench-archive-faults-"));
  try {
    const site = await startArchiveSite(folder);
    try {
      await measure(site, Number(values.seconds), Number(values.rate));
    } finally {
      await site.end();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(site: ArchiveSite, seconds: number, rate: number): Promise<void> {
  const client = new NeuralLogClient({ url: site.url, key: BENCH_KEY, retries: 0 });
  const batches = Math.ceil((seconds * rate) / BATCH);
  let repeated = 0;
  const write = async (at: number): Promise<void> => {
    const records = Array.from({ length: BATCH }, (_, index) => ({
      message: `record ${at * BATCH + index} of user ${Math.floor(Math.random() * 1e6)}`,
      metadata: { ms: Math.floor(Math.random() * 1_000) },
    }));
    for (;;) {
      try {
        await client.write(records, { idempotencyKey: `batch-${at}` });
        return;
      } catch {
        repeated += 1;
        await sleep(100);
      }
    }
  };
  const strike = async (share: number, victim: Pick<Victim, "kill">): Promise<void> => {
    await sleep(seconds * 1_000 * share);
    await victim.kill();
  };
  const striking = [strike(1 / 3, site.database), strike(2 / 3, site.service)];
  const writes: Promise<void>[] = [];
  const started = performance.now();
  for (let at = 0; at < batches; at += 1) {
    writes.push(write(at));
    await sleep(Math.max(0, started + ((at + 1) * BATCH * 1_000) / rate - performance.now()));
  }
  await Promise.all([...writes, ...striking]);
  const writtenAt = performance.now();
  const sent = batches * BATCH;
  let archived = await site.archived();
  while (archived.length < sent && performance.now() - writtenAt < CATCH_UP_MS) {
    await sleep(200);
    archived = await site.archived();
  }
  const distinct = new Set(archived).size;
  console.table([
    {
      "records sent": sent,
      "tries that failed": repeated,
      lost: sent - distinct,
      twice: archived.length - distinct,
      "archived after the last, s": ((performance.now() - writtenAt) / 1_000).toFixed(1),
    },
  ]);
  const isWhole = distinct === sent && archived.length === sent;
  console.log(isWhole ? "None lost, none twice." : "RECORDS WERE LOST OR STORED TWICE.");
  if (!isWhole) process.exitCode = 1;
}
