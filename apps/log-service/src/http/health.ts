import type { FastifyInstance } from "fastify";

import { ERRORS, type ErrorCode } from "../errors.ts";
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
export function addHealthRoutes(
  app: FastifyInstance,
  deps: HealthDeps,
  audience: "operators" | "anybody",
): void {
  app.get("/health/live", () => ({ live: true }));
  app.get("/health/ready", async (_request, reply) => {
    const readiness = await deps.readiness();
    if (readiness.ready) return reply.send(readiness);
    const { code } = readiness;
    // The store's own words name its address, which is nothing for everybody.
    const reason = audience === "operators" ? readiness.reason : ERRORS[code].message;
    return reply.code(503).send({ ready: false, code, reason });
  });
}

/** `GET /metrics` in Prometheus' text format. */
export function addMetricsRoute(app: FastifyInstance, metrics: Metrics): void {
  app.get("/metrics", async (_request, reply) => {
    const text = await metrics.registry.metrics();
    return reply.type(metrics.registry.contentType).send(text);
  });
}
