import type { FastifyInstance } from "fastify";

import type { Authenticator } from "../access/authenticator.ts";
import type { BodyBudget } from "../access/body-budget.ts";
import { requireAction, requireEverywhere } from "../access/authorize.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Searcher } from "../operations/search.ts";
import type { Follower } from "../operations/follow.ts";
import type { NamespaceConfig } from "../operations/namespace.ts";
import type { DirectStore } from "../operations/store-directly.ts";
import type { Statistics } from "../operations/stats.ts";
import type { Writer } from "../operations/write.ts";
import { addArchiveRoute } from "./archive-route.ts";
import { addElasticsearchRoutes } from "./elasticsearch/routes.ts";
import { addAdminRoutes } from "./admin/admin-routes.ts";
import type { AdminDeps } from "./admin/deps.ts";
import { addGelfRoute } from "./gelf-route.ts";
import { addHealthRoutes, addMetricsRoute, type HealthDeps } from "./health.ts";
import { addIngestRoutes } from "./ingest-routes.ts";
import { Intake } from "./intake.ts";
import { addLevelsRoute } from "./levels-route.ts";
import { addLokiPush } from "./loki/push-route.ts";
import { addLokiQueries } from "./loki/query-routes.ts";
import { addLokiTail } from "./loki/tail-route.ts";
import { addLokiStatus } from "./loki/status-routes.ts";
import { addOtlpRoute } from "./otlp-route.ts";
import { decoratePrincipal, requireKey } from "./principal.ts";
import { addSearchRoutes } from "./search-route.ts";
import { addStatsRoute } from "./stats-route.ts";
import { addStreamRoute } from "./stream-route.ts";
import { addWriteRoute } from "./write-route.ts";

export interface MainRoutesDeps {
  readonly authenticator: Authenticator;
  readonly bodies: BodyBudget;
  readonly writer: Writer;
  readonly directStore: DirectStore;
  readonly searcher: Searcher;
  readonly follower: Follower;
  readonly namespaces: NamespaceConfig;
  readonly metrics: Metrics;
  readonly health: HealthDeps;
  readonly statistics: Statistics;
  readonly admin: Omit<AdminDeps, "authenticator">;
}

/** Everything that the main listener answers, beside `/mcp`. */
export function addMainRoutes(app: FastifyInstance, deps: MainRoutesDeps): void {
  decoratePrincipal(app);
  const intake = new Intake(deps);
  addWriteRoute(app, intake);
  addArchiveRoute(app, { intake, directStore: deps.directStore });
  addOtlpRoute(app, intake);
  addElasticsearchRoutes(app, intake);
  addIngestRoutes(app, intake);
  addGelfRoute(app, intake);
  addLokiPush(app, intake, deps.namespaces);
  addLokiQueries(app, deps);
  addLokiTail(app, deps);
  addLokiStatus(app, deps.health);
  addSearchRoutes(app, deps);
  addStatsRoute(app, deps);
  addStreamRoute(app, {
    authenticator: deps.authenticator,
    follower: deps.follower,
    onDropped: (events) => deps.metrics.dropped(events),
  });
  addLevelsRoute(app, {
    authenticator: deps.authenticator,
    levels: deps.admin.levels,
    defaultNamespace: (principal) => deps.writer.defaultNamespace(principal),
  });
  addAdminRoutes(app, { authenticator: deps.authenticator, ...deps.admin });
  addHealthRoutes(app, deps.health, "anybody");
  // Made at the first request: most processes are never asked.
  let openApi: string | undefined;
  app.get("/openapi.json", async (_request, reply) => {
    openApi ??= (await import("./openapi.ts")).openApiDocument();
    return reply.type("application/json").send(openApi);
  });
  // Who has how much of what: only for keys that may read all of it anyway.
  void app.register(async (scope) => {
    scope.addHook(
      "onRequest",
      requireKey(deps.authenticator, (principal) => {
        requireAction(principal, "administer");
        requireEverywhere(principal);
      }),
    );
    addMetricsRoute(scope, deps.metrics);
  });
}
