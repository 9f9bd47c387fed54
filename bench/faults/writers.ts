import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { BENCH_KEY } from "../ingest/subjects.ts";
import { mark, type Ledger } from "./ledger.ts";

/** Writes until stopped, over whichever replica is asked for next. */
export interface Writer {
  readonly ledger: Ledger;
  stop(): Promise<void>;
}

export interface WriterOptions {
  readonly name: string;
  /** Base URLs of the replicas. */
  readonly replicas: readonly string[];
  /** Records in a batch. */
  readonly size: number;
  /** Batches on their way at once. */
  readonly connections: number;
}

const LINE =
  "10.11.10.1 GET /v2/54fadb412c4e40cd/servers/detail HTTP/1.1 status 200 len 1893 time 0.2477829";
const PAUSE_MS = 40;

/** Lines of JSON with an idempotency key: a batch is sent again until it is acknowledged. */
export function writeLines(options: WriterOptions): Writer {
  return write(options, async (send, batch, body) => {
    const headers = {
      "content-type": "application/x-ndjson",
      "idempotency-key": `${options.name}-${batch}`,
    };
    for (let tries = 0; ; tries += 1) {
      if ((await send("/api/logs", headers, body)) === 200) return true;
      if (tries * PAUSE_MS > 60_000) return false;
      await sleep(PAUSE_MS);
    }
  });
}

/** Loki's push, which has no such key: a batch without an answer is left as it is. */
export function pushLoki(options: WriterOptions): Writer {
  return write(options, async (send, _batch, body) => {
    const values = body.split("\n").map((line) => {
      const { message }: { message: string } = JSON.parse(line);
      return [`${Date.now()}000000`, message];
    });
    const push = JSON.stringify({ streams: [{ stream: { app: "faults" }, values }] });
    const status = await send("/loki/api/v1/push", { "content-type": "application/json" }, push);
    if (status !== 204) await sleep(PAUSE_MS);
    return status === 204;
  });
}

type Send = (path: string, headers: Record<string, string>, body: string) => Promise<number>;

function write(
  { name, replicas, size, connections }: WriterOptions,
  deliver: (send: Send, batch: number, body: string) => Promise<boolean>,
): Writer {
  const ledger: Ledger = { writer: name, size, acknowledged: [] };
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const stopping = new AbortController();
  let turn = 0;
  const send: Send = (path, headers, body) => {
    turn += 1;
    return post(agent, `${replicas[turn % replicas.length]}${path}`, headers, body);
  };
  const loop = async () => {
    while (!stopping.signal.aborted) {
      const batch = ledger.acknowledged.push(0) - 1;
      const body = Array.from(
        { length: size },
        (_, index) =>
          `{"message":${JSON.stringify(mark(name, batch, index) + LINE)},"level":"info","source":"faults"}`,
      ).join("\n");
      if (await deliver(send, batch, body)) ledger.acknowledged[batch] = 1;
    }
  };
  const running = Promise.all(Array.from({ length: connections }, loop));
  return {
    ledger,
    stop: async () => {
      stopping.abort();
      await running;
      agent.destroy();
    },
  };
}

/** The status, or 0 where there was no answer. */
function post(
  agent: Agent,
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(
      url,
      {
        agent,
        method: "POST",
        timeout: 15_000,
        headers: {
          ...headers,
          authorization: `Bearer ${BENCH_KEY}`,
          "content-length": Buffer.byteLength(body),
        },
      },
      (reply) => {
        reply.resume();
        // Acknowledged when the whole answer has come.
        reply.on("end", () => resolve(reply.statusCode ?? 0));
        reply.on("error", () => resolve(0));
      },
    );
    sent.on("timeout", () => sent.destroy());
    sent.on("error", () => resolve(0));
    sent.end(body);
  });
}
