// Full load for so many seconds: the same few batches over and over, on four connections.
import { Agent, request } from "node:http";

import { readShapes, recordMaker } from "../ingest/records.ts";

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
let records = 0;
let next = 0;
process.stdout.write('{"ready":true}\n');

async function post(): Promise<void> {
  while (performance.now() < end) {
    const status = await postOnce(bodies[next++ % BATCHES] ?? Buffer.alloc(0));
    if (status < 300) records += SIZE;
    else if (status !== 429 && status !== 503) throw new Error(`status ${status}`);
  }
}

function postOnce(body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...order.headers,
      "content-type": "application/x-ndjson",
      "content-length": body.length,
    };
    const sent = request(order.url, { agent, method: "POST", headers }, (reply) => {
      reply.resume();
      reply.on("end", () => resolve(reply.statusCode ?? 0));
      reply.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

await Promise.all(Array.from({ length: CONNECTIONS }, post));
agent.destroy();
process.stdout.write(`${JSON.stringify({ records })}\n`);
