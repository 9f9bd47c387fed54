import type { IncomingMessage, ServerResponse } from "node:http";

import type { Channel } from "../observe/events.ts";
import type { Observer } from "../observe/observer.ts";
import { encodingOf } from "./facts.ts";
import { passedOn } from "./headers.ts";

/** Forwards the server's answer. */
export function forwardAnswer(
  response: IncomingMessage,
  answer: ServerResponse,
  channel: Omit<Channel, "direction" | "framing"> & { readonly askedAt: number },
  observer: Observer,
): void {
  answer.sendDate = false;
  // Said, so that the client does not begin another request on a connection that is about to end.
  const isLast = /\bclose\b/i.test(response.headers.connection ?? "");
  answer.writeHead(response.statusCode ?? 502, response.statusMessage, [
    ...passedOn(response.rawHeaders, ["transfer-encoding"]),
    ...(isLast ? ["Connection", "close"] : []),
  ]);
  // Mostly a body is there with its head, and both go in one write; an answer that streams is there before its first
  // event.
  let isFlushed = false;
  setImmediate(() => {
    if (!isFlushed && !answer.destroyed) answer.flushHeaders();
  });
  const stream = observer.open(toClient(response, channel));
  response.pipe(answer);
  response.on("data", (chunk: Buffer) => {
    isFlushed = true;
    observer.data(stream, chunk);
  });
  // It comes for an answer that is over, and for one that broke off.
  response.once("close", () => {
    if (response.complete) {
      observer.close(stream);
      return;
    }
    // What there was arrives; half an answer must not look like a whole one, so that its end never comes.
    if (!answer.destroyed)
      for (let rest: unknown = response.read(); Buffer.isBuffer(rest); rest = response.read()) {
        answer.write(rest);
        observer.data(stream, rest);
      }
    observer.close(stream);
    answer.socket?.destroySoon();
  });
}

function toClient(
  response: IncomingMessage,
  channel: Omit<Channel, "direction" | "framing"> & { readonly askedAt: number },
): Channel {
  const { askedAt, http, ...rest } = channel;
  const type = response.headers["content-type"] ?? "";
  const facts = { status: response.statusCode, contentEncoding: encodingOf(response), askedAt };
  return {
    ...rest,
    direction: "to-client",
    framing: type.startsWith("text/event-stream") ? "events" : "body",
    ...(http === undefined ? {} : { http: { ...http, ...facts } }),
  };
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
