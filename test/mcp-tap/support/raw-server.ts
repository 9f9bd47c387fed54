import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A server that speaks bytes: what it does with a connection is all the test's. */
export interface RawServer extends AsyncDisposable {
  readonly origin: string;
  readonly sockets: ReadonlySet<Socket>;
  /** How many connections there ever were. */
  readonly accepted: () => number;
}

export async function startRawServer(serve: (socket: Socket) => void): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // What the other side does is looked at there.
    socket.on("error", () => {});
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    sockets,
    accepted: () => accepted,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Runs `then` with each request's head, as text, and what came behind it. */
export function onHead(socket: Socket, then: (head: string, rest: Buffer) => void): void {
  let seen = Buffer.alloc(0);
  const take = (chunk: Buffer) => {
    seen = Buffer.concat([seen, chunk]);
    const end = seen.indexOf("\r\n\r\n");
    if (end === -1) return;
    socket.off("data", take);
    then(seen.subarray(0, end).toString("latin1"), seen.subarray(end + 4));
  };
  socket.on("data", take);
}

/** A connection that sends `text` and reads what comes back, all of it, a piece at a time and never in a hurry. */
export async function readSlowly(url: string, text: string | Buffer): Promise<Buffer> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    socket.pause();
    // Some rounds of other work: the other side is always ahead.
    setTimeout(() => socket.resume(), 1);
  });
  socket.write(text);
  await once(socket, "end");
  socket.destroy();
  return Buffer.concat(chunks);
}
