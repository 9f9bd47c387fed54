// The writer: a process of its own that offers batches at a steady pace, whatever the service makes of it.
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { randomNumbers, readShapes, recordMaker } from "../ingest/records.ts";
import { quantile, sorted } from "../support/figures.ts";
import { post } from "../support/post.ts";

interface Order {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly words: readonly string[];
  readonly rate: number;
  readonly size: number;
  readonly seconds: number;
  readonly seed: number;
}

const order: Order = JSON.parse(process.argv[2] ?? "");
const { url, headers, words, rate, size, seconds, seed } = order;
const make = recordMaker(readShapes(undefined), seed);
const random = randomNumbers(seed + 1);
const batches = Math.ceil((rate * seconds) / size);
let marked = 0;
const bodies = Array.from({ length: batches }, () =>
  Buffer.from(Array.from({ length: size }, line).join("\n")),
);
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/** One record in a hundred has a given word. */
function line(): string {
  const word = words[random(100)];
  const { timestamp: _, ...record } = make();
  if (word === undefined) return JSON.stringify(record);
  marked += 1;
  return JSON.stringify({ ...record, message: `${record.message} ${word}` });
}

const times: number[] = [];
const started = performance.now();
const sent: Promise<void>[] = [];
for (const [at, body] of bodies.entries()) {
  const due = started + (at * size * 1000) / rate;
  const wait = due - performance.now();
  if (wait > 0) await sleep(wait);
  sent.push(send(body, due));
}
await Promise.all(sent);
const elapsed = (performance.now() - started) / 1000;
agent.destroy();
const list = sorted(times);
process.stdout.write(
  `${JSON.stringify({
    perSecond: (batches * size) / elapsed,
    p50: quantile(list, 0.5),
    p99: quantile(list, 0.99),
    marked,
  })}\n`,
);

/** From when it was due, so that waiting behind others counts. */
async function send(body: Buffer, due: number): Promise<void> {
  const { status } = await post(url, agent, headers, body);
  times.push(performance.now() - due);
  if (status !== 200 && status !== 201) throw new Error(`status ${status}`);
}
