import { connect as dial } from "node:net";

import { WebSocket } from "ws";

import { quantile } from "../support/figures.ts";

export interface Calls {
  readonly perSecond: number;
  /** Of one call, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface LoadOptions {
  readonly calls: number;
  /** Calls that wait for an answer at once. */
  readonly flight: number;
  readonly run: string;
}

/** A client with as little of its own as can be: the figures are to be the server's. */
export interface RawClient {
  ask(method: string, params: object): Promise<unknown>;
  /** Told of each answer to a call of `send`. */
  onAnswer: (id: number, text: string) => void;
  send(id: number, params: object): void;
  close(): void;
}

/** Connects as a client of 2025-11-25, which is what programs of today speak. */
export async function connect(url: string, key: string): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const stream = dial(Number(port), hostname);
  const socket = new WebSocket(url, ["mcp"], {
    headers: { authorization: `Bearer ${key}` },
    perMessageDeflate: false,
    createConnection: () => stream,
  });
  let isCorked = false;
  // What is sent on one arrival goes out in one write, as programs that log a lot have it.
  const send = (message: object): void => {
    if (!isCorked) {
      isCorked = true;
      stream.cork();
      process.nextTick(() => {
        isCorked = false;
        stream.uncork();
      });
    }
    socket.send(JSON.stringify(message));
  };
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  const asked = new Map<number, (answer: unknown) => void>();
  let last = 1e9;
  const client: RawClient = {
    onAnswer: () => undefined,
    ask: (method, params) => {
      last += 1;
      const id = last;
      send({ jsonrpc: "2.0", id, method, params });
      return new Promise((resolve) => asked.set(id, resolve));
    },
    send: (id, params) => send({ jsonrpc: "2.0", id, method: "tools/call", params }),
    close: () => socket.close(),
  };
  socket.on("message", (data) => {
    const text = String(data);
    const id = Number(/"id":(\d+)\}?$|"id":(\d+),"result"/.exec(text)?.slice(1).find(Boolean));
    const waits = asked.get(id);
    if (waits === undefined) client.onAnswer(id, text);
    else {
      asked.delete(id);
      waits(JSON.parse(text));
    }
  });
  await client.ask("initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "bench", version: "1" },
  });
  send({ jsonrpc: "2.0", method: "notifications/initialized" });
  return client;
}

/** So many calls of `logger_log`, each with a record of its own. */
export async function callMany(
  client: RawClient,
  { calls, flight, run }: LoadOptions,
): Promise<Calls> {
  const started = new Float64Array(calls);
  const took = new Float64Array(calls);
  let sent = 0;
  let answered = 0;
  const begin = performance.now();
  const send = () => {
    started[sent] = performance.now();
    client.send(sent, {
      name: "logger_log",
      arguments: {
        component: `relay-${sent % 8}`,
        level: "INFO",
        message: `request ${sent} of ${run} forwarded to backend ${sent % 17}`,
        data: { run, n: sent, path: `/api/orders/${sent}`, ms: (sent * 7919) % 1000 },
      },
    });
    sent += 1;
  };
  await new Promise<void>((resolve, reject) => {
    client.onAnswer = (id, text) => {
      if (text.includes('"isError":true') || text.includes('"error":{')) {
        reject(new Error(`call ${id}: ${text.slice(0, 300)}`));
        return;
      }
      took[id] = performance.now() - (started[id] ?? 0);
      answered += 1;
      if (sent < calls) send();
      else if (answered === calls) resolve();
    };
    while (sent < Math.min(flight, calls)) send();
  });
  const seconds = (performance.now() - begin) / 1000;
  took.sort();
  return { perSecond: calls / seconds, p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
}
