import type { FastifyInstance } from "fastify";

import { ServiceError } from "../errors.ts";
import { readBody } from "../ingest/json/read-body.ts";
import type { DirectStore } from "../operations/store-directly.ts";
import { idempotencyKey } from "./idempotency.ts";
import type { Intake } from "./intake.ts";
import { readParameters, single } from "./parameters.ts";
import { principalOf } from "./principal.ts";

/** `POST /api/logs/archive`: a batch for the archive, all of it in one transaction or nothing. */
export function addArchiveRoute(
  parent: FastifyInstance,
  { intake, directStore }: { readonly intake: Intake; readonly directStore: DirectStore },
): void {
  void parent.register(async (app) => {
    intake.takeBytes(app, ["application/json"]);
    app.post("/api/logs/archive", { onRequest: intake.hooks() }, async (request, reply) => {
      const principal = principalOf(request);
      const parameters = readParameters(request.url, ["namespace"]);
      const context = intake.context(request, single(parameters, "namespace"));
      const key = idempotencyKey(request.headers["idempotency-key"]);
      let size = 0;
      const batch = await intake.readOnce(request, (bytes) => {
        size = bytes.length;
        return readBody(bytes, false, context, false);
      });
      // It was asked for rows.
      if ("blocks" in batch) throw new ServiceError("NL_INTERNAL");
      const ids = await directStore.store(principal, context, batch, "json", size, key);
      return reply.send({ ids });
    });
  });
}
