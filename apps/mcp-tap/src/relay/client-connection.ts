import { Agent as HttpAgent, type ClientRequest, type ServerResponse } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";

const connections = new WeakMap<Socket, ClientConnection>();

export function connectionOf(socket: Socket, isSecure: boolean): ClientConnection {
  const known = connections.get(socket);
  if (known !== undefined) return known;
  const connection = new ClientConnection(socket, isSecure);
  connections.set(socket, connection);
  return connection;
}

/**
 * A client's connection, with the one to the server that is its own. They end together: a connection that the server
 * has just closed is then as little used again as without us.
 */
export class ClientConnection {
  readonly agent: HttpAgent | HttpsAgent;
  readonly #socket: Socket;
  readonly #servers = new WeakSet<Socket>();
  #answers = 0;
  #requests = 0;
  #isServerGone = false;
  #hasEnded = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(socket: Socket, isSecure: boolean) {
    // One: what a client sends without waiting for answers reaches the server in the same order.
    const options = { keepAlive: true, maxSockets: 1, noDelay: true };
    this.agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options);
    this.#socket = socket;
    socket.once("close", () => this.#settle());
  }

  /** Nothing more is answered here: what still comes was sent before the client knew. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Does work of an exchange once the same work of those before it is done. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  /** What is under way keeps the connections: an answer until it is written, a request until it is over. */
  hold(answer: ServerResponse, request: ClientRequest): void {
    this.#answers += 1;
    this.#requests += 1;
    answer.once("close", () => {
      this.#answers -= 1;
      this.#settle();
    });
    request.once("close", () => {
      this.#requests -= 1;
      this.#settle();
    });
    request.once("socket", (server: Socket) => {
      if (this.#servers.has(server)) return;
      this.#servers.add(server);
      server.once("close", () => {
        this.#isServerGone = true;
        this.#settle();
      });
    });
  }

  #settle(): void {
    if (this.#isServerGone && this.#answers === 0) {
      this.#hasEnded = true;
      this.#socket.end();
    }
    if (this.#socket.destroyed && this.#requests === 0) this.agent.destroy();
  }
}
