import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { judge, type Verdict } from "./faults/ledger.ts";
import { startSite, type Site } from "./faults/site.ts";
import { pushLoki, writeLines, type Writer } from "./faults/writers.ts";

const HELP = `npm run bench -- faults [--rounds 80] [--redis-rounds 20]
  Two replicas on one Redis (appendfsync always) under load from two protocols at once. In each round one
  of the three is killed with kill -9, or made to hang, at a random moment; --redis-rounds are of Redis
  alone, at full rate with large blocks. At the end every stored record is read back and compared with
  the writers' own lists of what was acknowledged.`;

interface Row extends Verdict {
  readonly fault: string;
  readonly rounds: number;
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "80" },
      "redis-rounds": { type: "string", default: "20" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const rows = [
    await faultsOf("kill -9 of a replica, of Redis, or a hang; two protocols", {
      rounds: Number(values.rounds),
      writers: (replicas) => [
        writeLines({ name: "lines", replicas, size: 1_000, connections: 2 }),
        writeLines({ name: "singles", replicas, size: 1, connections: 16 }),
        pushLoki({ name: "loki", replicas, size: 100, connections: 2 }),
      ],
      strike: async ({ redis, replicas }) => {
        const victims = [redis, ...replicas];
        const victim = victims[Math.floor(Math.random() * victims.length)] ?? redis;
        if (Math.random() < 0.2) await victim.hang(500 + Math.random() * 2_000);
        else await victim.kill();
      },
    }),
    await faultsOf("kill -9 of Redis at full rate, blocks of 4,000", {
      rounds: Number(values["redis-rounds"]),
      writers: (replicas) => [writeLines({ name: "large", replicas, size: 4_000, connections: 4 })],
      strike: ({ redis }) => redis.kill(),
    }),
  ];
  console.table(rows);
  const lost = rows.some((row) => row.found < row.acknowledged || row.twice + row.strange > 0);
  console.log(
    lost
      ? "RECORDS WERE LOST OR STORED TWICE"
      : "Nothing acknowledged was lost, nothing stored twice",
  );
  if (lost) process.exitCode = 1;
}

interface Plan {
  readonly rounds: number;
  readonly writers: (replicas: readonly string[]) => Writer[];
  readonly strike: (site: Site) => Promise<void>;
}

async function faultsOf(fault: string, { rounds, writers, strike }: Plan): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-faults-"));
  const site = await startSite(folder);
  try {
    const writing = writers(site.urls);
    for (let round = 1; round <= rounds; round += 1) {
      await sleep(200 + Math.random() * 1_000);
      await strike(site);
      process.stdout.write(`\r${fault}: round ${round} of ${rounds}`);
    }
    await sleep(500);
    await Promise.all(writing.map((writer) => writer.stop()));
    process.stdout.write("\n");
    const verdict = await judge(
      writing.map(({ ledger }) => ledger),
      site.messages(),
    );
    return { fault, rounds, ...verdict };
  } finally {
    await site.end();
    await rm(folder, { recursive: true, force: true });
  }
}
