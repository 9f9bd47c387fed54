import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

import { ConnectionError, NeuralLogError } from "../../errors.ts";
import { DELIVERY_LIMITS } from "../limits.ts";

// A write that is under way holds the process open: small ones tell a slow peer from a dead one.
const PIECE = 64 * 1024;

export interface HttpCall {
  readonly method: "GET" | "POST";
  /** Behind the address. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly answerMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

export interface HttpSenderOptions {
  readonly url: URL;
  readonly connectMs: number;
  /** Certificates in PEM that are trusted beside none of the system's. */
  readonly ca?: string | Buffer | undefined;
}

/**
 * Requests over connections that do not hold the process open. fetch has no way to do that, and
 * waits for an answer for as long as it takes.
 */
export class HttpSender {
  readonly #url: URL;
  readonly #connectMs: number;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #running = new Set<ClientRequest>();

  constructor({ url, connectMs, ca }: HttpSenderOptions) {
    this.#url = url;
    this.#connectMs = connectMs;
    const options = { keepAlive: true, maxSockets: 2 };
    this.#agent =
      url.protocol === "https:"
        ? new HttpsAgent(ca === undefined ? options : { ...options, ca })
        : new HttpAgent(options);
  }

  /** @throws ConnectionError; `wasNeverSent` says whether it may have reached the service */
  send(call: HttpCall): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const base = this.#url.pathname.replace(/\/+$/, "");
      const url = new URL(base + call.path, this.#url);
      const isTls = url.protocol === "https:";
      const request = (isTls ? httpsRequest : httpRequest)(url, {
        method: call.method,
        agent: this.#agent,
        headers: {
          ...call.headers,
          ...(call.body === undefined ? {} : { "content-length": call.body.length }),
        },
      });
      this.#running.add(request);
      let isConnected = false;
      const timers = new Timers((what) => {
        request.destroy(
          new ConnectionError("NLC_TIMEOUT", `${what} by ${this.#url.origin} in time`),
        );
      });
      const end = () => {
        timers.stop();
        this.#running.delete(request);
      };
      request.on("socket", (socket) => {
        socket.unref();
        if (!socket.connecting) {
          isConnected = true;
          return;
        }
        timers.start("no connection was taken", this.#connectMs);
        socket.once(isTls ? "secureConnect" : "connect", () => {
          isConnected = true;
          timers.start("no answer came", call.answerMs);
        });
      });
      request.on("error", (error) => {
        end();
        reject(lost(error, this.#url.origin, isConnected));
      });
      request.on("response", (response) => {
        const failed = (error: unknown) => {
          end();
          request.destroy();
          reject(lost(error, this.#url.origin, true));
        };
        const answered = (text: string) => {
          end();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        };
        collect(response, DELIVERY_LIMITS.answerBytes, answered, failed);
      });
      timers.start("no answer came", call.answerMs);
      write(request, call.body, timers, call.answerMs);
    });
  }

  /** Ends what is under way and all connections. */
  close(): void {
    for (const request of this.#running)
      request.destroy(new ConnectionError("NLC_ABORTED", "the logger was closed"));
    this.#agent.destroy();
  }
}

/** Whether what failed never reached the service. */
export function wasNeverSent(error: unknown): boolean {
  return error instanceof NeverSentError;
}

class NeverSentError extends ConnectionError {}

function lost(error: unknown, origin: string, isConnected: boolean): NeuralLogError {
  const Kind = isConnected ? ConnectionError : NeverSentError;
  if (error instanceof ConnectionError) return new Kind(error.code, error.message, error);
  const reason =
    error instanceof Error && "code" in error ? String(error.code) : "the connection broke";
  return new Kind("NLC_UNREACHABLE", `cannot reach ${origin}: ${reason}`, error);
}

/** One wait at a time, which does not hold the process open. */
class Timers {
  readonly #over: (what: string) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(over: (what: string) => void) {
    this.#over = over;
  }

  start(what: string, ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#over(what), ms);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function write(request: ClientRequest, body: Buffer | undefined, timers: Timers, answerMs: number) {
  if (body === undefined || body.length <= PIECE) {
    request.end(body);
    return;
  }
  const piece = (at: number) => {
    const next = at + PIECE;
    if (request.destroyed) return;
    if (next >= body.length) {
      timers.start("no answer came", answerMs);
      request.end(body.subarray(at));
      return;
    }
    request.write(body.subarray(at, next), (error) => {
      if (error) return;
      timers.start("what was sent was not taken", DELIVERY_LIMITS.stalledMs);
      piece(next);
    });
  };
  piece(0);
}

/** Reads an answer; what is beyond the limit is no answer of a log service. */
function collect(
  response: IncomingMessage,
  most: number,
  answered: (text: string) => void,
  failed: (error: unknown) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on("data", (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > most) failed(new ConnectionError("NLC_NOT_NEURALLOG", "the answer is too long"));
  });
  response.on("end", () => answered(Buffer.concat(chunks).toString()));
  response.on("aborted", () => failed(undefined));
  response.on("error", failed);
}
