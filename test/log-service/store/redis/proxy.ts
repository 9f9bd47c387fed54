import { startTcpProxy } from "../../../support/tcp-proxy.ts";

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
  let left = 0;
  let cuts = 0;
  let matches: (chunk: Buffer) => boolean = () => false;
  const proxy = await startTcpProxy(port, ({ client, upstream, close }) => {
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
  return {
    ...proxy,
    url: `redis://127.0.0.1:${proxy.port}`,
    swallow: (replies, isReply) => {
      left = replies;
      matches = isReply;
    },
    get cuts() {
      return cuts;
    },
  };
}
