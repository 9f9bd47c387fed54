// Full load for so many seconds: the same few batches over and over, on four connections.
import { Agent } from "node:http";

import { readShapes, recordMaker } from "../ingest/records.ts";
import { post } from "../support/post.ts";

interface Order {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly seconds: number;
  readonly corpus: string | undefined;
}

const order: Order = JSON.parse(process.argv[2] ?? "");
const CONNECTIONS = 4;
const SIZE = 1_000;
const BATCHES = 100;

const make = recordMaker(readShapes(order.corpus), 7);
const bodies = Array.from({ length: BATCHES }, () =>
  Buffer.from(
    Array.from({ length: SIZE }, () => {
      // The service's own clock tells the time, or retention would know all batches as equally old.
      const { timestamp: _, ...record } = make();
      return JSON.stringify(record);
    }).join("\n"),
  ),
);
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const end = performance.now() + 1000 * order.seconds;
const headers = { ...order.headers, "content-type": "application/x-ndjson" };
let records = 0;
let next = 0;
process.stdout.write('{"ready":true}\n');

async function sendAll(): Promise<void> {
  while (performance.now() < end) {
    const body = bodies[next++ % BATCHES] ?? Buffer.alloc(0);
    const { status } = await post(order.url, agent, headers, body);
    if (status < 300) records += SIZE;
    else if (status !== 429 && status !== 503) throw new Error(`status ${status}`);
  }
}

await Promise.all(Array.from({ length: CONNECTIONS }, sendAll));
agent.destroy();
process.stdout.write(`${JSON.stringify({ records })}\n`);
