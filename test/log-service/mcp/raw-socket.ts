import { once } from "node:events";

import { WebSocket } from "ws";
import { z } from "zod";

const answer = z.looseObject({
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
});
export type RawAnswer = z.infer<typeof answer>;

export interface RawOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
  readonly autoPong?: boolean;
}

/** A client that sends whatever it is told to. */
export class RawSocket implements AsyncDisposable {
  readonly socket: WebSocket;
  readonly answers: RawAnswer[] = [];
  /** The code that the other end closed with. */
  closed: number | undefined;

  constructor(url: string, key: string | undefined, options: RawOptions = {}) {
    const { headers = {}, protocols = ["mcp"], autoPong = true } = options;
    const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
    this.socket = new WebSocket(url, [...protocols], {
      headers: { ...authorization, ...headers },
      autoPong,
    });
    this.socket.on("message", (data) => this.answers.push(answer.parse(JSON.parse(String(data)))));
    this.socket.on("close", (code) => (this.closed = code));
    this.socket.on("error", () => undefined);
  }

  async open(): Promise<this> {
    await once(this.socket, "open");
    return this;
  }

  /** The status that the upgrade was refused with. */
  refused(): Promise<number | undefined> {
    return new Promise((resolve) => {
      this.socket.once("unexpected-response", (request, response) => {
        resolve(response.statusCode);
        request.destroy();
      });
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  call(id: string | number, name: string, args: object, meta?: object): void {
    const params = { name, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) };
    this.send({ jsonrpc: "2.0", id, method: "tools/call", params });
  }

  answerTo(id: string | number | null): RawAnswer | undefined {
    return this.answers.find((one) => one.id === id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    // An error on the way there is no news.
    const closed = new Promise((resolve) => this.socket.once("close", resolve));
    this.socket.terminate();
    await closed;
  }
}

/** What a client of the newest specification has in each request. */
export const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
};
