import type { FastifyInstance } from "fastify";

import { ERRORS, type ErrorCode } from "../errors.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Durability } from "../store/port.ts";

export type Readiness =
  | {
      readonly ready: true;
      /** What an acknowledged record survives; a role without a store does not say. */
      readonly durability?: Durability;
      /** What fails although requests are answered. */
      readonly degraded?: readonly { readonly code: ErrorCode; readonly reason: string }[];
    }
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
    // The store's own words name its address, which is nothing for everybody.
    const told = ({ code, reason }: { readonly code: ErrorCode; readonly reason: string }) => ({
      code,
      reason: audience === "operators" ? reason : ERRORS[code].message,
    });
    if (!readiness.ready) return reply.code(503).send({ ready: false, ...told(readiness) });
    const { degraded, ...rest } = readiness;
    return reply.send(degraded === undefined ? rest : { ...rest, degraded: degraded.map(told) });
  });
}

/** `GET /metrics` in Prometheus' text format. */
export function addMetricsRoute(app: FastifyInstance, metrics: Metrics): void {
  app.get("/metrics", async (_request, reply) => {
    const text = await metrics.registry.metrics();
    return reply.type(metrics.registry.contentType).send(text);
  });
}
