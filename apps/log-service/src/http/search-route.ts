import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import type { Authenticator } from "../access/authenticator.ts";
import type { Searcher } from "../operations/search.ts";
import { addExportRoute } from "./export-route.ts";
import { acceptedFormat, CONTENT_TYPES } from "./format.ts";
import { readParameters } from "./parameters.ts";
import { principalOf, requireKey } from "./principal.ts";
import { QUESTIONS } from "./questions.ts";
import { untilGone } from "./until-gone.ts";

export interface SearchRouteDeps {
  readonly authenticator: Authenticator;
  readonly searcher: Searcher;
}

/** `GET /api/logs`, what else is asked of logs below it, and `GET /api/namespaces`. */
export function addSearchRoutes(app: FastifyInstance, deps: SearchRouteDeps): void {
  const { searcher } = deps;
  const onRequest = requireKey(deps.authenticator, (principal) => searcher.admit(principal));

  for (const { path, known, read } of QUESTIONS) {
    app.get(path, { onRequest }, async (request: FastifyRequest, reply: FastifyReply) => {
      const asked = read(readParameters(request.url, known));
      const format = acceptedFormat(request);
      const signal = untilGone(reply);
      const body = await searcher.answer(principalOf(request), asked, format, signal);
      return reply
        .type(CONTENT_TYPES[format])
        .send(Buffer.from(body.buffer, body.byteOffset, body.length));
    });
  }
  addExportRoute(app, { onRequest, searcher });

  app.get("/api/namespaces", { onRequest }, async (request, reply) => {
    readParameters(request.url, []);
    const namespaces = await searcher.namespaces(principalOf(request));
    return reply.send({ namespaces });
  });
}
