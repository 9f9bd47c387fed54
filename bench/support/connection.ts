import { connect, type Socket } from "node:net";
import { once } from "node:events";

import type { Reply } from "./post.ts";

const HEAD_END = "\r\n\r\n";

/**
 * A connection that posts one body after the other, and no more of HTTP than that: Node's own client takes
 * as long for a small post as the service does, on the same cores.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #head: string;
  #received = "";
  #waiting: { resolve(reply: Reply): void; reject(error: Error): void } | undefined;

  private constructor(socket: Socket, url: URL, headers: Readonly<Record<string, string>>) {
    this.#socket = socket;
    const lines = Object.entries({ host: url.host, ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    this.#head = `POST ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join("")}content-length: `;
    socket.on("data", (bytes) => this.#take(bytes));
    socket.on("close", () => this.#fail(new Error("the connection was closed")));
    socket.on("error", (error) => this.#fail(error));
  }

  static async open(
    address: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<Connection> {
    const url = new URL(address);
    const socket = connect(Number(url.port), url.hostname);
    await once(socket, "connect");
    socket.setNoDelay(true);
    return new Connection(socket, url, headers);
  }

  /** Resolves once the whole answer is there. */
  post(body: Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.cork();
      this.#socket.write(`${this.#head}${body.length}${HEAD_END}`);
      this.#socket.write(body);
      this.#socket.uncork();
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#received += bytes.toString("latin1");
    const end = this.#received.indexOf(HEAD_END);
    if (end === -1) return;
    const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(this.#received)?.[1]);
    if (Number.isNaN(length)) this.#fail(new Error("an answer does not say how long it is"));
    const text = this.#received.slice(end + HEAD_END.length);
    if (text.length < length) return;
    const status = Number(this.#received.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length));
    this.#received = "";
    this.#waiting?.resolve({ status, text });
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
  }
}
