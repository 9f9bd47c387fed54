import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";

import type WebSocket from "ws";

import { ConnectionError, NeuralLogError } from "../../errors.ts";
import { DELIVERY_LIMITS } from "../limits.ts";
import { retryAfter } from "./retry-after.ts";
import type { KeySource } from "./key.ts";
import {
  argumentsOf,
  findLogTool,
  LOG_TOOL,
  nextCursor,
  PROTOCOL,
  readMessage,
  verdictOf,
  type Incoming,
  type LogTool,
} from "./mcp-messages.ts";
import type { Batch, Delivery, Outcome } from "./port.ts";

export interface WebSocketDeliveryOptions {
  readonly url: URL;
  readonly key: KeySource;
  readonly namespace: string | undefined;
  readonly connectMs: number;
  readonly answerMs: number;
  readonly ca?: string | Buffer | undefined;
  /** How the client names itself. */
  readonly version: string;
}

/** A connection over which the handshake is done. */
interface Session {
  readonly socket: WebSocket;
  readonly tool: LogTool;
}

/**
 * Records as calls of `logger_log`, several under way at once. A call whose answer was lost is made
 * again: such a record may be stored twice, as MCP has no key that would tell.
 */
export class WebSocketDelivery implements Delivery {
  readonly #options: WebSocketDeliveryOptions;
  #session: Session | undefined;
  #socket: WebSocket | undefined;
  #nextId = 1;
  /** Which try to connect counts: one that came too late must not open a connection that nobody closes. */
  #attempt = 0;
  /** Told of each answer by id, and of the connection's end without one. */
  readonly #waiting = new Map<number, (answer: Incoming | undefined) => void>();

  constructor(options: WebSocketDeliveryOptions) {
    this.#options = options;
  }

  async deliver({ body }: Batch): Promise<Outcome> {
    let session: Session;
    try {
      session = await this.#connected();
    } catch (error) {
      this.#drop();
      return {
        kind: "again",
        error: asError(error, this.#options.url),
        isUnsure: false,
        afterMs: error instanceof Busy ? error.afterMs : undefined,
        // A server that speaks and has no such tool, or does not take the key, may have them later.
        isRefusal: error instanceof Refusal,
      };
    }
    return this.#send(session, body.toString().split("\n"));
  }

  close(): void {
    this.#drop();
  }

  /** Keeps so many calls under way until all lines have their answer, or the connection ends. */
  #send({ socket, tool }: Session, lines: readonly string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      let [next, open, accepted, rejected] = [0, 0, 0, 0];
      const left: string[] = [];
      let failure: NeuralLogError | undefined;
      let isRefusal = false;
      const patience = setTimeout(() => {
        failure ??= new ConnectionError("NLC_TIMEOUT", "no answer came in time");
        this.#drop();
      }, this.#options.answerMs);
      patience.unref();
      const settle = (line: string, answer: Incoming | undefined) => {
        open -= 1;
        patience.refresh();
        if (answer === undefined) {
          failure ??= new ConnectionError("NLC_UNREACHABLE", "the connection broke");
          left.push(line);
        } else {
          const verdict = verdictOf(answer);
          if (verdict.kind === "stored") accepted += 1;
          else if (verdict.kind === "rejected") rejected += 1;
          else {
            failure ??= verdict.error;
            isRefusal ||= verdict.isRefusal;
            left.push(line);
          }
        }
        if (failure === undefined) more();
        else if (open === 0) end(failure);
      };
      const end = (error: NeuralLogError | undefined) => {
        clearTimeout(patience);
        if (error === undefined) resolve({ kind: "done", accepted, rejected });
        else {
          left.push(...lines.slice(next));
          if (isRefusal) {
            // The key goes with the connection's first request: another one needs another connection.
            this.#options.key.forget();
            this.#drop();
          }
          resolve({ kind: "again", error, left, accepted, rejected, isUnsure: false, isRefusal });
        }
      };
      const more = () => {
        while (open < DELIVERY_LIMITS.inFlight && next < lines.length) {
          const line = lines[next] ?? "";
          next += 1;
          open += 1;
          const text = argumentsOf(line, tool, this.#options.namespace);
          const id = this.#nextId++;
          this.#waiting.set(id, (answer) => settle(line, answer));
          socket.send(
            `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${LOG_TOOL}","arguments":${text}}}`,
          );
        }
        if (open === 0 && failure === undefined) end(undefined);
      };
      if (this.#session?.socket === socket) more();
      else end(new ConnectionError("NLC_UNREACHABLE", "the connection broke"));
    });
  }

  /** The connection, made anew where there is none; within the time that connecting may take. */
  async #connected(): Promise<Session> {
    if (this.#session !== undefined) return this.#session;
    const { connectMs, url } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(
          new ConnectionError("NLC_TIMEOUT", `no connection was taken by ${url.host} in time`),
        );
      }, connectMs);
      timer.unref();
    });
    try {
      const session = await Promise.race([this.#open(), late]);
      this.#session = session;
      return session;
    } finally {
      clearTimeout(timer);
    }
  }

  async #open(): Promise<Session> {
    const { url, key, connectMs, ca } = this.#options;
    const attempt = this.#attempt;
    const [{ default: WebSocket }, headers] = await Promise.all([import("ws"), key.headers()]);
    if (attempt !== this.#attempt)
      throw new ConnectionError("NLC_ABORTED", "the connection came too late");
    const isTls = url.protocol === "wss:";
    const socket = new WebSocket(url, ["mcp"], {
      headers,
      agent: isTls ? new HttpsAgent(ca === undefined ? {} : { ca }) : new HttpAgent(),
      handshakeTimeout: connectMs,
      perMessageDeflate: false,
      maxPayload: DELIVERY_LIMITS.answerBytes,
      finishRequest: (request) => {
        // Nothing of a connection that stands holds the process open.
        request.on("socket", (raw) => raw.unref());
        request.end();
      },
    });
    this.#socket = socket;
    await this.#opened(socket);
    await this.#ask(socket, "initialize", {
      protocolVersion: PROTOCOL,
      capabilities: {},
      clientInfo: { name: "neurallog-client", version: this.#options.version },
    });
    socket.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`);
    return { socket, tool: await this.#findTool(socket) };
  }

  #opened(socket: WebSocket): Promise<void> {
    return new Promise((resolve, reject) => {
      socket.on("open", resolve);
      socket.on("error", reject);
      socket.on("unexpected-response", (request, { statusCode = 0, headers }) => {
        request.destroy();
        if (statusCode === 401 || statusCode === 403) this.#options.key.forget();
        const text = `the WebSocket was refused with status ${statusCode}`;
        const isBusy = statusCode === 429 || statusCode >= 500;
        reject(isBusy ? new Busy(text, retryAfter(headers["retry-after"])) : new Refusal(text));
      });
      socket.on("close", () => {
        reject(new ConnectionError("NLC_UNREACHABLE", "the connection was closed"));
        if (this.#socket === socket) this.#drop();
      });
      socket.on("message", (data) => this.#read(socket, String(data)));
    });
  }

  async #findTool(socket: WebSocket): Promise<LogTool> {
    let cursor: string | undefined;
    // No server has ten pages of tools; one that says so for ever is not followed.
    for (let page = 0; page < 10; page++) {
      const { result } = await this.#ask(
        socket,
        "tools/list",
        cursor === undefined ? {} : { cursor },
      );
      const tool = findLogTool(result);
      if (tool !== undefined) return tool;
      cursor = nextCursor(result);
      if (cursor === undefined) break;
    }
    throw new Refusal(`the server has no tool ${LOG_TOOL}`);
  }

  async #ask(socket: WebSocket, method: string, params: object): Promise<Incoming> {
    const id = this.#nextId++;
    const answer = await new Promise<Incoming | undefined>((resolve) => {
      this.#waiting.set(id, resolve);
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
    if (answer === undefined) throw new ConnectionError("NLC_UNREACHABLE", "the connection broke");
    if (answer.error !== undefined) throw new Refusal(`${method} was refused`);
    return answer;
  }

  #read(socket: WebSocket, text: string): void {
    const message = readMessage(text);
    if (message === undefined) return;
    if (message.method === undefined) {
      if (typeof message.id !== "number") return;
      const settle = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      settle?.(message);
    } else if (typeof message.id === "number" || typeof message.id === "string") {
      const answer =
        message.method === "ping"
          ? { result: {} }
          : { error: { code: -32_601, message: "Method not found" } };
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: message.id, ...answer }));
    }
  }

  /** Ends the connection; what waits for an answer learns that there will be none. */
  #drop(): void {
    const socket = this.#socket;
    this.#attempt += 1;
    this.#socket = undefined;
    this.#session = undefined;
    if (socket !== undefined) {
      // An error of what is given up is nobody's.
      socket.on("error", () => undefined);
      socket.terminate();
    }
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const settle of waiting) settle(undefined);
  }
}

/** The other end answered, and not as a log service's door does. */
class Refusal extends NeuralLogError {
  constructor(message: string) {
    super("NLC_NOT_NEURALLOG", message);
  }
}

/** The other end has no room for a connection now. */
class Busy extends NeuralLogError {
  readonly afterMs: number | undefined;

  constructor(message: string, afterMs: number | undefined) {
    super("NLC_UNREACHABLE", message);
    this.afterMs = afterMs;
  }
}

function asError(error: unknown, url: URL): NeuralLogError {
  if (error instanceof NeuralLogError) return error;
  return new ConnectionError("NLC_UNREACHABLE", `cannot reach ${url.host}: ${why(error)}`, error);
}

/** By its code where it has one: the network's own words repeat the address. */
function why(error: unknown): string {
  if (!(error instanceof Error)) return "it failed";
  return "code" in error ? String(error.code) : error.message.slice(0, 200);
}
