// The load: a process of its own, so that the service's figures are the service's. It makes all of its
// bodies first and says so; after a line on standard input it posts each of them once.
import { Agent, request } from "node:http";
import { once } from "node:events";

import { readShapes, recordMaker } from "./records.ts";

const [url = "", key = "", batches = "0", size = "0", connections = "1", corpus] =
  process.argv.slice(2);

const make = recordMaker(readShapes(corpus), 12_345);
const bodies = Array.from({ length: Number(batches) }, () =>
  Buffer.from(Array.from({ length: Number(size) }, () => JSON.stringify(make())).join("\n")),
);
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
process.stdout.write(`${JSON.stringify({ bytes })}\n`);
await once(process.stdin, "data");

const times: number[] = [];
let next = 0;
async function post(): Promise<void> {
  for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
    const started = performance.now();
    await send(body);
    times.push(performance.now() - started);
  }
}

function send(body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        agent,
        method: "POST",
        headers: {
          authorization: `Bearer ${key}`,
          "content-type": "application/x-ndjson",
          "content-length": body.length,
        },
      },
      (reply) => {
        let start = "";
        reply.on("data", (chunk: Buffer) => {
          if (start.length < 64) start += chunk.toString("latin1", 0, 64);
        });
        reply.on("end", () => {
          const accepted = start.includes(`"accepted":${size}`);
          if (accepted) resolve();
          else reject(new Error(`status ${reply.statusCode}: ${start}`));
        });
        reply.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

const started = performance.now();
await Promise.all(Array.from({ length: Number(connections) }, post));
const seconds = (performance.now() - started) / 1000;
agent.destroy();
times.sort((a, b) => a - b);
const at = (share: number) => times[Math.floor(times.length * share)] ?? 0;
process.stdout.write(`${JSON.stringify({ seconds, p50: at(0.5), p99: at(0.99) })}\n`);
process.stdin.destroy();
