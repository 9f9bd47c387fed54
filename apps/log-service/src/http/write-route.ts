import type { FastifyInstance } from "fastify";

import { ServiceError } from "../errors.ts";
import { readBody } from "../ingest/json/read-body.ts";
import { BlockIds } from "../store/position.ts";
import { idempotencyKey } from "./idempotency.ts";
import type { Intake } from "./intake.ts";
import { mediaType } from "./media-type.ts";
import { readParameters, single } from "./parameters.ts";
import { principalOf } from "./principal.ts";
import { errorBody } from "./respond.ts";

const JSON_TYPES = ["application/json"];
const LINE_TYPES = [
  "application/x-ndjson",
  "application/ndjson",
  "application/jsonl",
  "application/x-jsonlines",
];
const PARAMETERS = ["namespace"];

/** `POST /api/logs`: one record, an array, or lines of JSON. */
export function addWriteRoute(parent: FastifyInstance, intake: Intake): void {
  // In a scope of its own: these body parsers are for this route alone.
  void parent.register(async (app) => {
    intake.takeBytes(app, [...JSON_TYPES, ...LINE_TYPES]);
    app.post("/api/logs", { onRequest: intake.hooks() }, async (request, reply) => {
      const principal = principalOf(request);
      const parameters = readParameters(request.url, PARAMETERS);
      const context = intake.context(request, single(parameters, "namespace"));
      const lines = LINE_TYPES.includes(mediaType(request.headers["content-type"]));
      const options = { idempotencyKey: idempotencyKey(request.headers["idempotency-key"]) };
      let size = 0;
      const batch = await intake.readOnce(request, (bytes) => {
        size = bytes.length;
        // Records that are read into columns are not looked at one by one, and cannot be given a trace.
        const columns = intake.writer.takesColumns && context.traceId === undefined;
        return readBody(bytes, lines, context, columns);
      });
      const protocol = lines ? "ndjson" : "json";
      const outcome =
        "blocks" in batch
          ? await intake.writer.writeColumns(principal, batch, protocol, size, options)
          : await intake.writer.write(principal, batch, protocol, size, options);
      if (outcome.ids instanceof BlockIds) {
        const { accepted, ids } = outcome;
        return reply
          .type("application/json; charset=utf-8")
          .send(`{"accepted":${accepted},"rejected":[],"ids":${ids.json()}}`);
      }
      if (outcome.accepted > 0) return outcome;
      // Nothing was stored: 200 would tell an agent to drop what it sent.
      return reply
        .code(400)
        .send({ ...outcome, ...errorBody(new ServiceError("NL_BATCH_REJECTED")) });
    });
  });
}
