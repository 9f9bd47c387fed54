import { connect, createServer, type Socket } from "node:net";

/** A TCP proxy in front of PostgreSQL. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** Cuts every connection once so many bytes of clients have passed from now on. */
  cutAfter(bytes: number): void;
  /**
   * Cuts before the answer to the next COMMIT passes: what the client cannot tell from a lost one. For
   * good: lets nobody in afterwards.
   */
  cutAtCommit(options?: { readonly forGood: boolean }): void;
  cut(): void;
  /** Swallows all that comes from either side, and closes nothing. */
  stall(): void;
  readonly cuts: number;
}

export async function startProxy(port: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let left = Infinity;
  let atCommit: { readonly forGood: boolean } | undefined;
  let isGone = false;
  let isStalled = false;
  let cuts = 0;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    if (isGone) {
      client.destroy();
      return;
    }
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
    client.on("data", (chunk: Buffer) => {
      if (isStalled) return;
      left -= chunk.length;
      if (left > 0) {
        upstream.write(chunk);
        return;
      }
      left = Infinity;
      cuts += 1;
      upstream.write(chunk.subarray(0, chunk.length / 2), cut);
    });
    upstream.on("data", (chunk: Buffer) => {
      if (isStalled) return;
      if (atCommit !== undefined && chunk.includes("COMMIT\0")) {
        isGone = atCommit.forGood;
        atCommit = undefined;
        cuts += 1;
        cut();
        return;
      }
      client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    port: address.port,
    cutAfter: (bytes) => {
      left = bytes;
    },
    cutAtCommit: (options = { forGood: false }) => {
      atCommit = options;
    },
    cut,
    stall: () => {
      isStalled = true;
    },
    get cuts() {
      return cuts;
    },
    [Symbol.asyncDispose]: async () => {
      cut();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
