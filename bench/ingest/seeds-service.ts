// The baseline: each record a key of its own (`logs:<id>`) and a member of a sorted set, which is the
// usual layout without a log engine. Tuned as far as it goes: no framework, one pipeline a batch.
import { createServer, type ServerResponse } from "node:http";
import { Redis } from "ioredis";

import { readSeeds } from "../peers/seeds-read.ts";

const [redisUrl = "", port = "0"] = process.argv.slice(2);
const redis = new Redis(redisUrl, { protocol: 2 });
let counter = 0;

const server = createServer((request, response) => {
  if (request.method === "GET") {
    const { searchParams } = new URL(request.url ?? "/", "http://localhost");
    void readSeeds(redis, searchParams).then((found) => response.end(JSON.stringify(found)));
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    void answer(Buffer.concat(chunks), response);
  });
});

async function answer(body: Buffer, response: ServerResponse): Promise<void> {
  const accepted = await store(body);
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ accepted }));
}

async function store(body: Buffer): Promise<number> {
  const pipeline = redis.pipeline();
  const index: (string | number)[] = [];
  for (const line of body.toString().split("\n")) {
    const record: { timestamp: string } = JSON.parse(line);
    counter += 1;
    const id = counter.toString(36);
    pipeline.set(`logs:${id}`, line);
    index.push(Date.parse(record.timestamp), id);
  }
  pipeline.zadd("idx:logs:time", ...index);
  await pipeline.exec();
  return index.length / 2;
}

server.listen(Number(port), "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") process.stdout.write(`${JSON.stringify(address)}\n`);
});
