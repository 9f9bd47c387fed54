import type { FastifyInstance } from "fastify";

import type { HealthDeps } from "../health.ts";

/** Of Loki's interface, by which its readers choose what to ask. */
const SPOKEN = "3.5.0";

/** `GET /ready` and the build's facts, open to anybody as the health routes are. */
export function addLokiStatus(app: FastifyInstance, { readiness }: HealthDeps): void {
  app.get("/ready", async (_request, reply) => {
    const { ready } = await readiness();
    return reply
      .code(ready ? 200 : 503)
      .type("text/plain; charset=utf-8")
      .send(ready ? "ready\n" : "not ready\n");
  });
  app.get("/loki/api/v1/status/buildinfo", (_request, reply) =>
    reply.send({
      version: SPOKEN,
      revision: "neurallog",
      branch: "",
      buildUser: "",
      buildDate: "",
      goVersion: "",
    }),
  );
}
