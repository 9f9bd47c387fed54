import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { gunzipSync } from "node:zlib";

import type { LogInput } from "@neurallog/client";

/** Stands in for a log service, and for one that misbehaves. */
export interface Sink extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly records: LogInput[];
  /** Requests so far, answered or not. */
  readonly requests: () => number;
  /** undefined for the one that stores what it gets. */
  behave(how: ((request: IncomingMessage, answer: ServerResponse) => void) | undefined): void;
}

export async function startSink(port = 0): Promise<Sink> {
  const records: LogInput[] = [];
  let requests = 0;
  let behaviour: ((request: IncomingMessage, answer: ServerResponse) => void) | undefined;
  const server = createServer((request, answer) => {
    requests += 1;
    if (behaviour !== undefined) {
      behaviour(request, answer);
      return;
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const text = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      const batch: LogInput[] = JSON.parse(text.toString());
      records.push(...batch);
      answer.setHeader("content-type", "application/json");
      answer.end(
        JSON.stringify({ accepted: batch.length, rejected: [], ids: batch.map(() => "1-1") }),
      );
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    records,
    requests: () => requests,
    behave: (how) => {
      behaviour = how;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
