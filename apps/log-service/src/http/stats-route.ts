import type { FastifyInstance } from "fastify";

import type { Authenticator } from "../access/authenticator.ts";
import type { Searcher } from "../operations/search.ts";
import type { Statistics } from "../operations/stats.ts";
import { readParameters } from "./parameters.ts";
import { principalOf, requireKey } from "./principal.ts";

export interface StatsRouteDeps {
  readonly authenticator: Authenticator;
  readonly searcher: Searcher;
  readonly statistics: Statistics;
}

/** `GET /api/stats`: how the service and its store do, for people who may read logs. */
export function addStatsRoute(app: FastifyInstance, deps: StatsRouteDeps): void {
  const { authenticator, searcher, statistics } = deps;
  const onRequest = requireKey(authenticator, (principal) => searcher.admit(principal));
  app.get("/api/stats", { onRequest }, async (request, reply) => {
    readParameters(request.url, []);
    return reply.send(await statistics.read(principalOf(request)));
  });
}
