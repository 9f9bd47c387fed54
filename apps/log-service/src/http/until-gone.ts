import type { FastifyReply } from "fastify";

/** Fires when the caller hangs up: a question that nobody waits for stops its work. */
export function untilGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => controller.abort());
  return controller.signal;
}
