import type { IncomingMessage } from "node:http";

import { HTTP_LIMITS } from "../limits.ts";

/**
 * Lets a sender read why its body is refused. Closing a connection on bytes that nobody has read
 * resets it, and the reply is lost on the way: so what still comes is thrown away, for a while.
 * @param request Is answered with `Connection: close` before its body has arrived.
 */
export function lingerOn(request: IncomingMessage): void {
  if (request.complete) return;
  const { socket } = request;
  request.resume();
  // What Node calls once the reply is written.
  socket.destroySoon = () => {
    socket.end();
    socket.once("end", () => socket.destroy());
    setTimeout(() => socket.destroy(), HTTP_LIMITS.lingerMs).unref();
  };
}
