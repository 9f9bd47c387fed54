import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { cpuSeconds, residentBytes, start, type Child } from "./ingest/processes.ts";
import { BENCH_KEY, startLogService, type Subject } from "./ingest/subjects.ts";

const HELP = `npm run bench -- follow [--followers 1000] [--rate 20000] [--seconds 10] [--size 500]
  Offers records at a steady rate, first without and then with followers of 20 different filters, each of
  which matches one record in a hundred. Both in one run: what followers cost the writer is the difference.`;

/** Words that no other line has. */
const WORDS = Array.from({ length: 20 }, (_, at) => `marked${String.fromCharCode(97 + at)}`);

interface Written {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly marked: number;
}

interface Counted {
  readonly events: number;
  readonly dropped: number;
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      followers: { type: "string", default: "1000" },
      rate: { type: "string", default: "20000" },
      seconds: { type: "string", default: "10" },
      size: { type: "string", default: "500" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const load = {
    rate: Number(values.rate),
    seconds: Number(values.seconds),
    size: Number(values.size),
  };
  const folder = mkdtempSync(join(tmpdir(), "neurallog-follow-"));
  const subject = await startLogService(folder);
  try {
    // What is compiled in the first second is no follower's doing.
    await write(subject, { ...load, seconds: 2 }, 1);
    const alone = await measured(subject, () => write(subject, load, 2));
    const count = Number(values.followers);
    const followers = await startFollowers(subject, count);
    const before = await tell(followers);
    const followed = await measured(subject, () => write(subject, load, 3));
    const after = await untilQuiet(followers);
    await followers.end();
    console.table({
      "without followers": row(alone),
      [`with ${count} followers`]: row(followed),
    });
    const expected = (followed.marked * count) / WORDS.length;
    console.log(
      `${after.events - before.events} of ${Math.round(expected)} events came ` +
        `(${after.dropped - before.dropped} 'dropped' notices); the writer has ` +
        `${((100 * followed.perSecond) / alone.perSecond).toFixed(1)} % of its rate without followers`,
    );
  } finally {
    await subject.end();
    await rm(folder, { recursive: true, force: true });
  }
}

const HEADERS = { authorization: `Bearer ${BENCH_KEY}` };

async function write(
  { url }: Subject,
  load: { readonly rate: number; readonly seconds: number; readonly size: number },
  seed: number,
): Promise<Written> {
  const headers = { ...HEADERS, "content-type": "application/x-ndjson" };
  const child = script("writer.ts", { ...load, url, headers, words: WORDS, seed });
  const written: Written = JSON.parse(await child.line());
  await child.end();
  return written;
}

async function startFollowers({ url }: Subject, followers: number): Promise<Child> {
  const child = script("followers.ts", { url, headers: HEADERS, words: WORDS, followers });
  await child.line();
  return child;
}

function script(name: string, order: object): Child {
  const path = fileURLToPath(new URL(`follow/${name}`, import.meta.url));
  return start(process.execPath, [path, JSON.stringify(order)]);
}

async function tell(followers: Child): Promise<Counted> {
  followers.process.stdin?.write("tell\n");
  const counted: Counted = JSON.parse(await followers.line());
  return counted;
}

/** What is on its way arrives within a moment. */
async function untilQuiet(followers: Child): Promise<Counted> {
  for (let last = await tell(followers); ;) {
    await sleep(1_000);
    const now = await tell(followers);
    if (now.events === last.events) return now;
    last = now;
  }
}

async function measured(subject: Subject, work: () => Promise<Written>) {
  const before = cpuSeconds(subject.service.pid);
  const written = await work();
  const cpu = cpuSeconds(subject.service.pid) - before;
  return { ...written, cpu, resident: residentBytes(subject.service.pid) };
}

function row(figures: Written & { readonly cpu: number; readonly resident: number }) {
  return {
    "records/s": Math.round(figures.perSecond),
    "batch p50 ms": figures.p50.toFixed(1),
    "batch p99 ms": figures.p99.toFixed(1),
    "CPU seconds": figures.cpu.toFixed(1),
    "resident MB": Math.round(figures.resident / 1e6),
  };
}
