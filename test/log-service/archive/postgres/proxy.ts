import { startTcpProxy, type TcpProxy } from "../../../support/tcp-proxy.ts";

/** A TCP proxy in front of PostgreSQL. */
export interface Proxy extends TcpProxy {
  /** Cuts every connection once so many bytes of clients have passed from now on. */
  cutAfter(bytes: number): void;
  /**
   * Cuts before the answer to the next COMMIT passes: what the client cannot tell from a lost one. For
   * good: lets nobody in afterwards.
   */
  cutAtCommit(options?: { readonly forGood: boolean }): void;
  /** Swallows all that comes from either side, and closes nothing. */
  stall(): void;
  readonly cuts: number;
}

export async function startProxy(port: number): Promise<Proxy> {
  let left = Infinity;
  let atCommit: { readonly forGood: boolean } | undefined;
  let isGone = false;
  let isStalled = false;
  let cuts = 0;
  const proxy = await startTcpProxy(
    port,
    ({ client, upstream }) => {
      client.on("data", (chunk: Buffer) => {
        if (isStalled) return;
        left -= chunk.length;
        if (left > 0) {
          upstream.write(chunk);
          return;
        }
        left = Infinity;
        cuts += 1;
        upstream.write(chunk.subarray(0, chunk.length / 2), () => proxy.cut());
      });
      upstream.on("data", (chunk: Buffer) => {
        if (isStalled) return;
        if (atCommit !== undefined && chunk.includes("COMMIT\0")) {
          isGone = atCommit.forGood;
          atCommit = undefined;
          cuts += 1;
          proxy.cut();
          return;
        }
        client.write(chunk);
      });
    },
    () => !isGone,
  );
  return {
    ...proxy,
    cutAfter: (bytes) => {
      left = bytes;
    },
    cutAtCommit: (options = { forGood: false }) => {
      atCommit = options;
    },
    stall: () => {
      isStalled = true;
    },
    get cuts() {
      return cuts;
    },
  };
}
