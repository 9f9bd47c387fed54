import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import type { FastifyInstance } from "fastify";

import type { Authenticator } from "../../access/authenticator.ts";
import type { Principal } from "../../access/principal.ts";
import { ServiceError } from "../../errors.ts";
import { FOLLOW_LIMITS, LOKI_LIMITS } from "../../limits.ts";
import type { Metrics } from "../../observe/metrics.ts";
import { traceOfHeaders } from "../../observe/trace.ts";
import type { Follower } from "../../operations/follow.ts";
import type { NamespaceConfig } from "../../operations/namespace.ts";
import type { Searcher } from "../../operations/search.ts";
import { credentialsOf } from "../authenticate.ts";
import { toServiceError } from "../respond.ts";
import { statusText } from "../status-text.ts";
import { orgsOf } from "./org.ts";
import type { TailSocket } from "./tail-socket.ts";

export interface LokiTailDeps {
  readonly authenticator: Authenticator;
  readonly follower: Follower;
  readonly searcher: Searcher;
  readonly namespaces: NamespaceConfig;
  readonly metrics: Metrics;
}

const PATHS = ["/loki/api/v1/tail", "/api/prom/tail"];

/** `GET /loki/api/v1/tail`: lines as they come in, over a WebSocket. */
export function addLokiTail(app: FastifyInstance, deps: LokiTailDeps): void {
  const tails = new Set<TailSocket>();
  const heartbeat = setInterval(() => {
    for (const tail of tails) tail.beat();
  }, FOLLOW_LIMITS.heartbeatMs);
  heartbeat.unref();
  app.addHook("preClose", (done) => {
    clearInterval(heartbeat);
    for (const tail of tails) tail.end();
    done();
  });
  // Grafana finds out whether the path is there by asking without an upgrade.
  for (const path of PATHS) {
    app.get(path, (_request, reply) =>
      reply.code(400).type("text/plain; charset=utf-8").send("a WebSocket is needed here\n"),
    );
  }
  app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    if (!PATHS.includes(path)) {
      // Another door may take it; if there is none, nobody would ever answer.
      if (app.server.listenerCount("upgrade") === 1)
        refuse(socket, new ServiceError("NL_NOT_FOUND"));
      return;
    }
    socket.on("error", () => socket.destroy());
    open(request, socket, head, tails, deps).catch((thrown: unknown) => {
      const error = toServiceError(thrown);
      deps.metrics.refused(error.code);
      const trace_id = traceOfHeaders(request.headers)?.id;
      if (error.code === "NL_INTERNAL")
        app.log.error({ err: error.cause, trace_id }, error.message);
      refuse(socket, error);
    });
  });
}

async function open(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  tails: Set<TailSocket>,
  deps: LokiTailDeps,
): Promise<void> {
  const { authenticator, follower, searcher, namespaces, metrics } = deps;
  const principal = await authenticator.authenticate(credentialsOf(request));
  follower.admit(principal);
  const namespace = orgsOf(request, namespaces);
  const url = request.url ?? "";
  const parameters = new URLSearchParams(url.slice(url.indexOf("?") + 1));
  const start = await startOf(parameters, searcher, principal, namespace, socket);
  // Loaded here: most services are never tailed.
  const { openLiveQuery } = await import("../../logql/live.ts");
  const live = openLiveQuery(parameters.get("query") ?? "", start.tenants);
  const { upgrade } = await import("./upgrade.ts");
  const { TailSocket: Tail } = await import("./tail-socket.ts");
  const client = await upgrade(request, socket, head);
  const tail = new Tail(client, live, (events) => metrics.dropped(events));
  client.on("error", () => client.terminate());
  tail.send(start.streams);
  const asked = {
    namespace,
    filter: live.filter,
    format: "ndjson",
    after: start.position,
  } as const;
  try {
    const following = follower.openFilter(principal, asked, tail);
    tails.add(tail);
    // A key that was revoked, or a token that has run out, follows nothing any more.
    const recheck = setInterval(() => {
      stillAllowed(authenticator, request).catch(() => client.close(1008, "the key is not valid"));
    }, FOLLOW_LIMITS.recheckMs);
    client.once("close", () => {
      clearInterval(recheck);
      tails.delete(tail);
      following.stop();
    });
  } catch (error) {
    client.close(1013, toServiceError(error).message.slice(0, 100));
  }
}

async function stillAllowed(authenticator: Authenticator, request: IncomingMessage): Promise<void> {
  await authenticator.authenticate(credentialsOf(request));
}

interface Start {
  readonly streams: readonly object[];
  readonly position: string;
  /** Whether lines come from several logical namespaces. */
  readonly tenants: boolean;
}

/** Lines from before, as far back as `start` says, and where to go on. */
async function startOf(
  parameters: URLSearchParams,
  searcher: Searcher,
  principal: Principal,
  namespace: readonly string[] | undefined,
  socket: Duplex,
): Promise<Start> {
  const asked: Record<string, readonly string[]> = {};
  for (const name of ["query", "start", "limit"]) {
    const value = parameters.get(name);
    if (value !== null) asked[name] = [value];
  }
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  const body = await searcher.foreign(
    principal,
    { protocol: "loki", call: "tail", argument: "", parameters: asked, flags: [], namespace },
    gone.signal,
  );
  const start: Start = JSON.parse(Buffer.from(body).toString());
  return start;
}

/** An answer in plain HTTP: the connection never became a WebSocket. */
function refuse(socket: Duplex, error: ServiceError): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = `${error.message}\n`;
  const lines = [
    `HTTP/1.1 ${error.status} ${statusText(error.status)}`,
    "content-type: text/plain; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    ...(error.code === "NL_UNAUTHENTICATED" ? ["www-authenticate: Bearer"] : []),
    "connection: close",
    "",
    body,
  ];
  const late = setTimeout(() => socket.destroy(), LOKI_LIMITS.refusalMs);
  socket.once("close", () => clearTimeout(late));
  socket.end(lines.join("\r\n"));
}
