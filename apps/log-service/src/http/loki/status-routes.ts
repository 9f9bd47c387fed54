import type { FastifyInstance } from "fastify";

import { SPOKEN_VERSION } from "../../logql/names.ts";
import type { HealthDeps } from "../health.ts";

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
      version: SPOKEN_VERSION,
      revision: "neurallog",
      branch: "",
      buildUser: "",
      buildDate: "",
      goVersion: "",
    }),
  );
}
