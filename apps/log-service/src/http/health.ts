import type { FastifyInstance } from "fastify";

import type { ErrorCode } from "../errors.ts";
import type { Metrics } from "../observe/metrics.ts";

export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false; readonly code: ErrorCode; readonly reason: string };

export interface HealthDeps {
  /** Asked at each call; has to answer soon, whatever the store does. */
  readonly readiness: () => Promise<Readiness>;
}

/**
 * `GET /health/live`: the process answers; it says nothing of the store, because a restart would not
 * mend one. `GET /health/ready`: send requests here, or why not.
 */
export function addHealthRoutes(app: FastifyInstance, deps: HealthDeps): void {
  app.get("/health/live", () => ({ live: true }));
  app.get("/health/ready", async (_request, reply) => {
    const readiness = await deps.readiness();
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
}

/** `GET /metrics` in Prometheus' text format. */
export function addMetricsRoute(app: FastifyInstance, metrics: Metrics): void {
  app.get("/metrics", async (_request, reply) => {
    const text = await metrics.registry.metrics();
    return reply.type(metrics.registry.contentType).send(text);
  });
}
