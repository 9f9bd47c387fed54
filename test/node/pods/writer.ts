// An application under load: logs in batches, without end, and notes on its volume what was acknowledged.
// What it cannot send it sends again under the same name, as the client's manual says.
import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { NeuralLogClient, NeuralLogError } from "../../../apps/client/src/index.ts";

const lanes = 4;
const batch = 20;
const pauseMs = 100;
// A key that the service does not remember for longer than ten minutes is no use after that.
const giveUpMs = 300_000;

const run = Date.now();
const notes = `/notes/${run}.ndjson`;
let requests = 0;
const client = new NeuralLogClient({
  url: process.env["NEURALLOG_URL"] ?? "",
  key: readFileSync("/key/writer", "utf8").trim(),
  timeoutMs: 5_000,
  fetch: (...call) => {
    requests += 1;
    return fetch(...call);
  },
});
const note = (line: object) => appendFileSync(notes, `${JSON.stringify(line)}\n`);

let next = 0;
async function lane(): Promise<never> {
  for (;;) {
    const first = next;
    next += batch;
    const started = Date.now();
    const before = requests;
    const records = Array.from({ length: batch }, (_, index) => ({
      message: `order ${first + index} of run ${run} was paid`,
      source: "writer",
      metadata: { run, n: first + index },
    }));
    const ids = await send(records, `${run}-${first}`, started);
    const ms = Date.now() - started;
    // Requests of all lanes, so that a repetition of any shows.
    note({ run, first, ids, ms, at: started, requests: requests - before });
    await sleep(pauseMs);
  }
}

async function send(records: object[], idempotencyKey: string, started: number) {
  for (let again = 0; ; again++) {
    try {
      const text = records.map((record) => JSON.stringify(record)).join("\n");
      return (await client.writeLines(text, { idempotencyKey })).ids;
    } catch (error) {
      const code = error instanceof NeuralLogError ? error.code : String(error);
      const isGivenUp = Date.now() - started > giveUpMs;
      note({ run, failed: code, again, isGivenUp });
      if (isGivenUp) throw error;
      await sleep(Math.min(200 * 2 ** again, 2_000));
    }
  }
}

await Promise.all(Array.from({ length: lanes }, lane));
