import { connect, createServer, type Socket } from "node:net";

/** A TCP proxy in front of a server of this machine. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Cuts every connection now. */
  cut(): void;
}

/** A connection of the proxy's, from both sides. */
export interface Relayed {
  readonly client: Socket;
  readonly upstream: Socket;
  close(): void;
}

/** @param relay Passes on what comes from either side, or does not. @param admits Whether to let a client in. */
export async function startTcpProxy(
  port: number,
  relay: (relayed: Relayed) => void,
  admits: () => boolean = () => true,
): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (!admits()) {
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
    relay({ client, upstream, close });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
