import type { FastifyReply } from "fastify";

/** Fires when the caller hangs up: a question that nobody waits for stops its work. */
export function untilGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    // A signal that fires makes an error with its stack, also where nobody listens any more.
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
