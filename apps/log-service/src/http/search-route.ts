import type { FastifyInstance, FastifyReply } from "fastify";

import type { Authenticator } from "../access/authenticator.ts";
import { readOrder, type SearchQuery } from "../operations/search-query.ts";
import type { Searcher } from "../operations/search.ts";
import { invalidParameter } from "../operations/invalid-parameter.ts";
import { metadataParameters, readParameters, single, type Parameters } from "./parameters.ts";
import { principalOf, requireKey } from "./principal.ts";
import { searchParameters } from "./schemas.ts";

const KNOWN = [...Object.keys(searchParameters.shape), "metadata."];

/** `GET /api/logs` and `GET /api/namespaces`. */
export function addSearchRoutes(
  app: FastifyInstance,
  deps: { readonly authenticator: Authenticator; readonly searcher: Searcher },
): void {
  const onRequest = requireKey(deps.authenticator, (principal) => deps.searcher.admit(principal));

  app.get("/api/logs", { onRequest }, async (request, reply) => {
    const query = searchQuery(readParameters(request.url, KNOWN));
    return deps.searcher.search(principalOf(request), query, untilGone(reply));
  });

  app.get("/api/namespaces", { onRequest }, async (request, reply) => {
    readParameters(request.url, []);
    const namespaces = await deps.searcher.namespaces(principalOf(request));
    return reply.send({ namespaces });
  });
}

function searchQuery(parameters: Parameters): SearchQuery {
  const limit = single(parameters, "limit");
  if (limit !== undefined && !/^\d{1,9}$/.test(limit)) {
    throw invalidParameter("limit", "is a whole number");
  }
  return {
    from: single(parameters, "from"),
    to: single(parameters, "to"),
    level: parameters.get("level")?.flatMap((value) => value.split(",")),
    source: parameters.get("source"),
    tag: parameters.get("tag"),
    trace_id: single(parameters, "trace_id"),
    text: single(parameters, "text"),
    metadata: metadataParameters(parameters),
    namespace: parameters.get("namespace"),
    order: readOrder(single(parameters, "order")),
    limit: limit === undefined ? undefined : Number(limit),
    cursor: single(parameters, "cursor"),
    after: single(parameters, "after"),
  };
}

/** Fires when the caller hangs up: a search that nobody waits for stops scanning. */
function untilGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => controller.abort());
  return controller.signal;
}
