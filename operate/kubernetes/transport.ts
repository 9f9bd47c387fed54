import type { IncomingMessage } from "node:http";
import { Agent, request, type RequestOptions } from "node:https";
import { failure } from "../errors.ts";
import { MAX_ANSWER_BYTES, MAX_SOCKETS, PARALLEL, REQUEST_MILLISECONDS } from "../limits.ts";
import type { Access } from "./access.ts";
import { connectionFailure, type Asked } from "./failures.ts";
import { turnstile } from "./turnstile.ts";

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

export type Call<M extends Method = Method> = {
  method: M;
  /** With its query. */
  path: string;
  asked: Asked;
  body?: { type: string; text: string };
  /** Ends the call at once. */
  signal?: AbortSignal;
};

export type Answer = { status: number; headers: IncomingMessage["headers"]; text: string };

export type TransportOptions = {
  /** Of one request, to the end of its answer; REQUEST_MILLISECONDS when left out. */
  timeout?: number;
};

/** One API server over HTTPS, with connections kept open. */
export type Transport<M extends Method = Method> = {
  readonly access: Access;
  send(call: Call<M>): Promise<Answer>;
  /** The answer's bytes as they come; only the answer's beginning has to be there in time. */
  stream(call: Call<M>): Promise<IncomingMessage>;
  close(): void;
};

export function openTransport(access: Access, options: TransportOptions = {}): Transport {
  const timeout = options.timeout ?? REQUEST_MILLISECONDS;
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const enter = turnstile(PARALLEL);

  const late = (call: Call) =>
    failure("server-slow", {
      server: access.server,
      what: `${call.asked.verb} ${call.asked.what}`,
      seconds: timeout / 1000,
    });

  async function begin(call: Call, timer: AbortSignal): Promise<IncomingMessage> {
    const credentials = await access.credentials();
    return new Promise((resolve, reject) => {
      const signal = call.signal === undefined ? timer : AbortSignal.any([timer, call.signal]);
      const sent = request(urlOf(access.server, call.path), {
        ...credentials,
        ...connectionOf(credentials, agent),
        method: call.method,
        headers: headersOf(call, credentials),
        signal,
      });
      sent.once("response", resolve);
      sent.once("error", (error) => {
        reject(timer.aborted ? late(call) : connectionFailure(access.server, error));
      });
      sent.end(call.body?.text);
    });
  }

  return {
    access,
    send: (call) =>
      enter(async () => {
        const timer = AbortSignal.timeout(timeout);
        try {
          const response = await begin(call, timer);
          const text = await readAll(response, call);
          return { status: response.statusCode ?? 0, headers: response.headers, text };
        } catch (error) {
          throw timer.aborted ? late(call) : connectionFailure(access.server, error);
        }
      }),
    stream: async (call) => {
      const slow = new AbortController();
      const timer = setTimeout(() => slow.abort(), timeout);
      try {
        return await begin(call, slow.signal);
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => agent.destroy(),
  };
}

/** A kubeconfig's server may have a path, behind a proxy of many clusters. */
const urlOf = (server: string, path: string): URL => new URL(`${server.replace(/\/$/, "")}${path}`);

/** The library's own agent where it goes through a proxy, else ours, which keeps connections. */
function connectionOf({ agent }: RequestOptions, ours: Agent): { agent: RequestOptions["agent"] } {
  return { agent: agent instanceof Agent && agent.constructor === Agent ? ours : agent };
}

function headersOf(call: Call, { headers }: RequestOptions): Record<string, string> {
  const own = Object.entries(headers ?? {}).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  return {
    accept: "application/json",
    "user-agent": "neurallog-operate",
    ...Object.fromEntries(own),
    ...(call.body === undefined
      ? {}
      : {
          "content-type": call.body.type,
          "content-length": String(Buffer.byteLength(call.body.text)),
        }),
  };
}

async function readAll(response: IncomingMessage, call: Call): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += buffer.length;
    if (bytes > MAX_ANSWER_BYTES) {
      response.destroy();
      throw failure("answer-too-large", { what: call.asked.what, max: MAX_ANSWER_BYTES });
    }
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}
