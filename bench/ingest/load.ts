// The load: a process of its own, so that the service's figures are the service's. It makes all of its
// bodies first and says so; after a line on standard input it posts each of them once.
import { once } from "node:events";

import { Connection } from "../support/connection.ts";
import { quantile, sorted } from "../support/figures.ts";
import { readShapes, recordMaker } from "./records.ts";

const [url = "", key = "", batches = "0", size = "0", connections = "1", corpus] =
  process.argv.slice(2);

const make = recordMaker(readShapes(corpus), 12_345);
const bodies = Array.from({ length: Number(batches) }, () =>
  Buffer.from(Array.from({ length: Number(size) }, () => JSON.stringify(make())).join("\n")),
);
const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
process.stdout.write(`${JSON.stringify({ bytes })}\n`);
await once(process.stdin, "data");

const headers = { authorization: `Bearer ${key}`, "content-type": "application/x-ndjson" };
const times: number[] = [];
let next = 0;
async function postAll(connection: Connection): Promise<void> {
  for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
    const started = performance.now();
    const { status, text } = await connection.post(body);
    if (!text.includes(`"accepted":${size}`)) throw new Error(`status ${status}: ${text}`);
    times.push(performance.now() - started);
  }
}

const open = Array.from({ length: Number(connections) }, () => Connection.open(url, headers));
const opened = await Promise.all(open);
const started = performance.now();
await Promise.all(opened.map(postAll));
const seconds = (performance.now() - started) / 1000;
for (const connection of opened) connection.close();
const list = sorted(times);
const [p50, p99] = [quantile(list, 0.5), quantile(list, 0.99)];
process.stdout.write(`${JSON.stringify({ seconds, p50, p99 })}\n`);
process.stdin.destroy();
