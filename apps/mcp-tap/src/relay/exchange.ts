import { randomUUID } from "node:crypto";
import { request as httpRequest } from "node:http";
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";

import { reasonOf } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { traceOfHeaders } from "../message/trace.ts";
import type { Channel } from "../observe/events.ts";
import { now, type Observer } from "../observe/observer.ts";
import { forwardAnswer, refuse } from "./answer.ts";
import { connectionOf, type ClientConnection } from "./client-connection.ts";
import { channelOf } from "./facts.ts";
import { passedOn } from "./headers.ts";
import { peek, traceInBody } from "./peek.ts";

/** Forwards one request and its answer. */
export async function exchange(
  incoming: IncomingMessage,
  answer: ServerResponse,
  target: URL,
  observer: Observer,
): Promise<void> {
  const askedAt = now();
  const { socket } = incoming;
  const connection = connectionOf(socket, target.protocol === "https:");
  if (connection.hasEnded) {
    socket.destroy();
    return;
  }
  // What becomes of either is seen when it closes.
  for (const side of [incoming, answer]) side.on("error", () => {});
  const given = traceOfHeaders(incoming.headers);
  const hasMessage = incoming.method === "POST";
  const head = await connection.inTurn(async () =>
    hasMessage && given === undefined ? await peek(incoming) : [],
  );
  // Only a request has a trace; a stream that stays open carries what belongs to many.
  const traceId = given ?? (hasMessage ? (traceInBody(head) ?? randomUUID()) : undefined);
  const channel = channelOf(incoming, traceId);
  if (incoming.destroyed && !incoming.complete) {
    // Nobody waits for the answer, and nobody will ever say the rest.
    const text = "the client left in the middle of its request";
    observer.note({ ...noted(channel), level: "INFO", text });
    return;
  }
  const outgoing = open(incoming, target, traceId, connection);
  connection.hold(answer, outgoing);
  forwardRequest(incoming, outgoing, head, channel, observer);

  let isAnswered = false;
  outgoing.once("response", (response) => {
    isAnswered = true;
    try {
      forwardAnswer(response, answer, { ...channel, askedAt }, observer);
    } catch (error) {
      // A status or a header that Node reads and would not write.
      const text = `the answer of the server at ${target.origin} cannot be passed on: ${reasonOf(error)}`;
      observer.note({ ...noted(channel), level: "WARN", text });
      response.destroy();
      refuse(answer, 502, "TAP_SERVER_UNREACHABLE", text);
    }
  });
  outgoing.on("error", (error) => {
    // What there was of an answer, and that it broke off, is its own business.
    if (isAnswered || answer.destroyed) return;
    isAnswered = true;
    const text = `the server at ${target.origin} did not answer: ${reasonOf(error)}`;
    observer.note({ ...noted(channel), level: "WARN", text });
    refuse(answer, 502, "TAP_SERVER_UNREACHABLE", text);
  });
  // A client that goes away takes along what it waits for, and not what it has said.
  const leave = () => {
    if (answer.writableFinished) return;
    if (incoming.complete && !outgoing.writableFinished)
      outgoing.once("finish", () => outgoing.destroy());
    else outgoing.destroy();
  };
  if (answer.destroyed || socket.destroyed) leave();
  else answer.once("close", leave);
}

function noted({ connection, transport, traceId }: Omit<Channel, "direction" | "framing">) {
  return { connection, transport, traceId };
}

/** @param head The beginning of the body: all of it where the request has ended. */
function forwardRequest(
  incoming: IncomingMessage,
  outgoing: ClientRequest,
  head: readonly Buffer[],
  channel: Omit<Channel, "direction" | "framing">,
  observer: Observer,
): void {
  const hasEnded = incoming.readableEnded;
  const whole = hasEnded ? Buffer.concat(head) : undefined;
  if (whole !== undefined) outgoing.end(whole);
  else for (const chunk of head) outgoing.write(chunk);
  const stream = observer.open({ ...channel, direction: "to-server", framing: "body" });
  const take = (chunk: Buffer) => observer.data(stream, chunk);
  if (whole !== undefined) {
    if (whole.length > 0) take(whole);
    observer.close(stream);
    return;
  }
  for (const chunk of head) take(chunk);
  incoming.pipe(outgoing);
  incoming.on("data", take);
  // Once over, or broken off.
  incoming.once("close", () => observer.close(stream));
  // A server that has answered before it has read it all takes no more of it.
  outgoing.once("close", () => incoming.unpipe().resume());
}

function open(
  incoming: IncomingMessage,
  target: URL,
  traceId: string | undefined,
  { agent }: ClientConnection,
): ClientRequest {
  const hasTrace = incoming.headers["x-trace-id"] !== undefined;
  return (target.protocol === "https:" ? httpsRequest : httpRequest)({
    protocol: target.protocol,
    hostname: target.hostname.replace(/^\[|\]$/g, ""),
    port: target.port,
    method: incoming.method,
    path: incoming.url,
    agent,
    maxHeaderSize: LIMITS.headBytes,
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
}
