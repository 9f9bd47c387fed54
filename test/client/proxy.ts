import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** What a network does to a connection. */
export interface Proxy extends AsyncDisposable {
  readonly url: string;
  /** Connections so far. */
  connections(): number;
  /** Breaks the connections of now. */
  cut(): void;
  /** From now on: breaks each new connection after so many bytes of answers; undefined for never. */
  cutAfter(bytes: number | undefined): void;
  /** Where new connections lead; undefined for nowhere. */
  lead(target: string | undefined): void;
  /** Connections of now stay open, and nothing comes through them any more. */
  freeze(): void;
}

/** Stands between a client and a service, for tests of what breaks. */
export async function startProxy(first: string): Promise<Proxy> {
  let target: string | undefined = first;
  const pairs = new Set<readonly [Socket, Socket]>();
  let limit: number | undefined;
  let count = 0;
  const server = createServer((client) => {
    count += 1;
    if (target === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(new URL(target).port), "127.0.0.1");
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of pair) {
      socket.on("error", () => undefined);
      socket.on("close", end);
    }
    client.pipe(upstream);
    let left = limit;
    upstream.on("data", (chunk: Buffer) => {
      if (left === undefined) client.write(chunk);
      else if (chunk.length < left) client.write(chunk);
      else client.write(chunk.subarray(0, left), end);
      if (left !== undefined) left = Math.max(0, left - chunk.length);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const each = (work: (pair: readonly [Socket, Socket]) => void) => [...pairs].forEach(work);
  const cut = () => each(([client]) => client.destroy());
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => count,
    cut,
    cutAfter: (bytes) => {
      limit = bytes;
    },
    lead: (other) => {
      target = other;
    },
    freeze: () =>
      each(([, upstream]) => {
        upstream.removeAllListeners("data");
        upstream.resume();
      }),
    [Symbol.asyncDispose]: async () => {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
