import { Readable } from "node:stream";

import type { FastifyInstance, onRequestHookHandler } from "fastify";

import type { Searcher } from "../operations/search.ts";
import { CONTENT_TYPES } from "./format.ts";
import { readParameters } from "./parameters.ts";
import { principalOf } from "./principal.ts";
import { EXPORT } from "./questions.ts";
import { untilGone } from "./until-gone.ts";

/** `GET /api/logs/export`: everything that matches, as fast as the caller reads it. */
export function addExportRoute(
  app: FastifyInstance,
  deps: { readonly onRequest: onRequestHookHandler; readonly searcher: Searcher },
): void {
  app.get(EXPORT.path, { onRequest: deps.onRequest }, async (request, reply) => {
    const asked = EXPORT.read(readParameters(request.url, EXPORT.known));
    const chunks = deps.searcher.export(principalOf(request), asked, untilGone(reply));
    const stream = chunks[Symbol.asyncIterator]();
    // Waited for, so that what is wrong with the question is still answered with its own status.
    const first = await stream.next();
    return reply.type(CONTENT_TYPES.ndjson).send(Readable.from(rest(first, stream)));
  });
}

async function* rest(
  first: IteratorResult<Uint8Array>,
  stream: AsyncIterator<Uint8Array>,
): AsyncGenerator<Buffer> {
  try {
    for (let result = first; result.done !== true; result = await stream.next()) {
      const { buffer, byteOffset, length } = result.value;
      yield Buffer.from(buffer, byteOffset, length);
    }
  } finally {
    await stream.return?.();
  }
}
