import { createHash, randomUUID } from "node:crypto";
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";

import { reasonOf } from "../errors.ts";
import { traceOfHeaders } from "../message/trace.ts";
import type { Channel, HttpFacts } from "../observe/events.ts";
import { now, type Observer } from "../observe/observer.ts";
import { passedOn } from "./headers.ts";
import { peek, traceInBody } from "./peek.ts";

type Agent = HttpAgent | HttpsAgent;

// A client's connection has one of its own to the server, and they end together: a connection that the server has
// just closed is then as little used again as without us.
const agents = new WeakMap<Socket, Agent>();
const bound = new WeakSet<Socket>();

function agentFor(socket: Socket, isSecure: boolean): Agent {
  const known = agents.get(socket);
  if (known !== undefined) return known;
  const agent = isSecure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  agents.set(socket, agent);
  socket.once("close", () => agent.destroy());
  return agent;
}

/** Forwards one request and its answer. */
export async function exchange(
  incoming: IncomingMessage,
  answer: ServerResponse,
  target: URL,
  observer: Observer,
): Promise<void> {
  const askedAt = now();
  const given = traceOfHeaders(incoming.headers);
  const hasMessage = incoming.method === "POST";
  const head = hasMessage && given === undefined ? await peek(incoming) : [];
  // Only a request has a trace; a stream that stays open carries what belongs to many.
  const traceId = given ?? (hasMessage ? (traceInBody(head) ?? randomUUID()) : undefined);
  const channel = channelOf(incoming, traceId);
  const stream = observer.open({ ...channel, direction: "to-server", framing: "body" });
  const outgoing = open(incoming, target, traceId);
  let isAnswered = false;

  const take = (chunk: Buffer) => observer.data(stream, chunk);
  const close = once(() => observer.close(stream));
  if (incoming.readableEnded) {
    const body = Buffer.concat(head);
    outgoing.end(body);
    take(body);
    close();
  } else {
    for (const chunk of head) {
      outgoing.write(chunk);
      take(chunk);
    }
    incoming.pipe(outgoing);
    incoming.on("data", take);
    incoming.once("end", close);
    incoming.once("close", close);
  }

  outgoing.once("response", (response) => {
    isAnswered = true;
    forwardAnswer(response, answer, { ...channel, askedAt }, observer);
  });
  outgoing.on("error", (error) => {
    if (isAnswered) {
      answer.destroy();
      return;
    }
    isAnswered = true;
    const text = `the server at ${target.origin} did not answer: ${reasonOf(error)}`;
    const { connection, transport } = channel;
    observer.note({ connection, transport, level: "WARN", text, traceId });
    refuse(answer, 502, "TAP_SERVER_UNREACHABLE", text);
  });
  // A client that goes away takes its request along.
  answer.once("close", () => {
    if (!answer.writableFinished) outgoing.destroy();
  });
}

function open(incoming: IncomingMessage, target: URL, traceId: string | undefined): ClientRequest {
  const isSecure = target.protocol === "https:";
  const { socket } = incoming;
  const hasTrace = incoming.headers["x-trace-id"] !== undefined;
  const outgoing = (isSecure ? httpsRequest : httpRequest)({
    protocol: target.protocol,
    hostname: target.hostname.replace(/^\[|\]$/g, ""),
    port: target.port,
    method: incoming.method,
    path: incoming.url,
    agent: agentFor(socket, isSecure),
    setDefaultHeaders: false,
    headers: [
      "Host",
      target.host,
      // What is compressed nobody could read in the log; a server may do it all the same.
      ...passedOn(incoming.rawHeaders, ["host", "accept-encoding", "expect"]),
      "Accept-Encoding",
      "identity",
      "Connection",
      "keep-alive",
      ...(traceId === undefined || hasTrace ? [] : ["X-Trace-ID", traceId]),
    ],
  });
  outgoing.once("socket", (upstream: Socket) => {
    if (bound.has(upstream)) return;
    bound.add(upstream);
    upstream.once("close", () => socket.end());
  });
  return outgoing;
}

function forwardAnswer(
  response: IncomingMessage,
  answer: ServerResponse,
  channel: Omit<Channel, "direction" | "framing"> & { readonly askedAt: number },
  observer: Observer,
): void {
  const { askedAt, http, ...rest } = channel;
  const type = response.headers["content-type"] ?? "";
  const stream = observer.open({
    ...rest,
    direction: "to-client",
    framing: type.startsWith("text/event-stream") ? "events" : "body",
    ...(http === undefined
      ? {}
      : {
          http: {
            ...http,
            status: response.statusCode,
            contentEncoding: encodingOf(response),
            askedAt,
          },
        }),
  });
  answer.sendDate = false;
  answer.writeHead(
    response.statusCode ?? 502,
    response.statusMessage,
    passedOn(response.rawHeaders, ["transfer-encoding"]),
  );
  // An answer that streams is there before its first event.
  answer.flushHeaders();
  const close = once(() => observer.close(stream));
  response.pipe(answer);
  response.on("data", (chunk: Buffer) => observer.data(stream, chunk));
  response.once("end", close);
  response.once("close", () => {
    close();
    // Half an answer must not look like a whole one.
    if (!response.complete) answer.destroy();
  });
}

function channelOf(
  incoming: IncomingMessage,
  traceId: string | undefined,
): Omit<Channel, "direction" | "framing"> {
  const session = incoming.headers["mcp-session-id"];
  const hash =
    typeof session === "string"
      ? createHash("sha256").update(session).digest("hex").slice(0, 12)
      : undefined;
  const protocol = incoming.headers["mcp-protocol-version"];
  const http: HttpFacts = {
    httpMethod: incoming.method ?? "",
    path: (incoming.url ?? "").split("?", 1)[0] ?? "",
    contentEncoding: encodingOf(incoming),
    ...(typeof protocol === "string" ? { protocol } : {}),
    ...(hash === undefined ? {} : { session: hash }),
  };
  // Ids are unique in a session; without one a request and its answer share one exchange alone.
  const connection = hash ?? randomUUID().slice(0, 13);
  return { connection, transport: "http", traceId, http };
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}

function encodingOf({ headers }: IncomingMessage): string | undefined {
  const encoding = headers["content-encoding"];
  return encoding === undefined || encoding === "identity" ? undefined : encoding;
}

/** What the tap itself has to say to a client. */
export function refuse(answer: ServerResponse, status: number, code: string, text: string): void {
  if (answer.headersSent) {
    answer.destroy();
    return;
  }
  answer.writeHead(status, { "content-type": "application/json", connection: "close" });
  answer.end(JSON.stringify({ error: { code, message: `mcp-tap: ${text}` } }));
}
