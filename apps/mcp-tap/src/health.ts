import { createServer } from "node:http";

import type { RecordingState } from "./recording/recording.ts";
import { isCalledBy, listenOn, LOOPBACK } from "./relay/listen.ts";

export interface HealthOptions {
  readonly host: string;
  readonly port: number;
  readonly state: () => object & { readonly recording: RecordingState | null };
}

/**
 * `GET /health`: how the tap does. 200 also while the log service is away: forwarding goes on, and a probe that
 * ended the tap for it would end the server with it.
 */
export async function listenForHealth({ host, port, state }: HealthOptions): Promise<number> {
  // On loopback nobody but this machine asks; a page in its browser would, under a name of its own.
  const names = LOOPBACK.includes(host) ? new Set(LOOPBACK) : undefined;
  const server = createServer((request, answer) => {
    if (names !== undefined && !isCalledBy(request, names)) {
      answer.writeHead(403, { "content-type": "application/json" });
      answer.end('{"error":"this host name is not allowed"}\n');
      return;
    }
    const isHealth = request.method === "GET" && /^\/health(\?|$)/.test(request.url ?? "");
    answer.writeHead(isHealth ? 200 : 404, { "content-type": "application/json" });
    answer.end(
      isHealth ? `${JSON.stringify(state())}\n` : '{"error":"GET /health is all there is"}\n',
    );
  });
  // It never keeps the tap alive.
  server.unref();
  return listenOn(server, host, port);
}
