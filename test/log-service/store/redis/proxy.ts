import { createServer, connect, type Socket } from "node:net";

/** A TCP proxy in front of Redis that can cut its connections at a chosen moment. */
export interface CuttingProxy extends AsyncDisposable {
  readonly url: string;
  /** How many more replies of the server to swallow: each then cuts its connection instead. */
  swallow(replies: number, isReply: (chunk: Buffer) => boolean): void;
  /** Cuts every connection now. */
  cut(): void;
  /** Connections cut in the middle of an answer so far. */
  readonly cuts: number;
}

export async function startProxy(port: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let left = 0;
  let cuts = 0;
  let matches: (chunk: Buffer) => boolean = () => false;
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    const close = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", close);
      socket.on("close", () => {
        sockets.delete(socket);
        close();
      });
    }
    client.pipe(upstream);
    upstream.on("data", (chunk: Buffer) => {
      if (left > 0 && matches(chunk)) {
        left -= 1;
        cuts += 1;
        close();
      } else {
        client.write(chunk);
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `redis://127.0.0.1:${address.port}`,
    swallow: (replies, isReply) => {
      left = replies;
      matches = isReply;
    },
    cut: cutAll,
    get cuts() {
      return cuts;
    },
    [Symbol.asyncDispose]: async () => {
      cutAll();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
