// The load: a process of its own, so that a store's figures are the store's. It makes all of its bodies
// first and says so; after a line on standard input it posts each of them once.
import { once } from "node:events";
import { Agent } from "node:http";

import type { BenchRecord } from "../ingest/records.ts";
import { quantile, sorted } from "../support/figures.ts";
import { post } from "../support/post.ts";
import { writeBatch, type Format } from "./formats.ts";
import { makeRecords, type LoadPlan } from "./load-plan.ts";

interface Order {
  readonly plan: LoadPlan;
  readonly format: Format;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const order: Order = JSON.parse(process.argv[2] ?? "");
const { plan, format, url, headers } = order;
const bodies: Buffer[] = [];
let batch: BenchRecord[] = [];
for (const record of makeRecords(plan)) {
  batch.push(record);
  if (batch.length < plan.size) continue;
  bodies.push(Buffer.from(writeBatch(format, batch)));
  batch = [];
}
const agent = new Agent({ keepAlive: true, maxSockets: plan.connections });
process.stdout.write('{"ready":true}\n');
await once(process.stdin, "data");

const times: number[] = [];
let next = 0;
async function sendAll(): Promise<void> {
  for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
    const started = performance.now();
    await send(body);
    times.push(performance.now() - started);
  }
}

/** A store that is overloaded says so and is asked again, which is part of its time. */
async function send(body: Buffer): Promise<void> {
  for (;;) {
    const { status, text } = await post(url, agent, headers, body);
    if (status < 300 && !text.includes('"errors":true')) return;
    if (status !== 429 && status !== 503) throw new Error(`status ${status}: ${text}`);
  }
}

const started = performance.now();
await Promise.all(Array.from({ length: plan.connections }, sendAll));
const seconds = (performance.now() - started) / 1000;
agent.destroy();
const list = sorted(times);
const [p50, p99] = [quantile(list, 0.5), quantile(list, 0.99)];
process.stdout.write(`${JSON.stringify({ seconds, p50, p99 })}\n`);
process.stdin.destroy();
