import type { FastifyInstance, FastifyRequest } from "fastify";

import { ServiceError } from "../errors.ts";
import { readOtlpJson } from "../ingest/otlp/read-json.ts";
import { readOtlpProtobuf } from "../ingest/otlp/read-protobuf.ts";
import type { Intake } from "./intake.ts";
import { mediaType } from "./media-type.ts";
import { sendStatus, sendTaken, summary, type Encoding } from "./otlp-reply.ts";
import { readParameters, single } from "./parameters.ts";
import { principalOf } from "./principal.ts";
import { reportError } from "./report.ts";

const PROTOBUF_TYPES = ["application/x-protobuf", "application/protobuf"];
const JSON_TYPES = ["application/json"];

/** `POST /v1/logs`: OTLP over HTTP, in protobuf and JSON. */
export function addOtlpRoute(parent: FastifyInstance, intake: Intake): void {
  void parent.register(async (app) => {
    intake.takeBytes(app, [...PROTOBUF_TYPES, ...JSON_TYPES]);
    app.setErrorHandler((thrown, request, reply) =>
      sendStatus(reply, encodingOf(request), reportError(thrown, request, intake.metrics)),
    );
    app.post("/v1/logs", { onRequest: intake.hooks() }, async (request, reply) => {
      const parameters = readParameters(request.url, ["namespace"]);
      const context = intake.context(request, single(parameters, "namespace"));
      mediaType(request.headers["content-type"]);
      const encoding = encodingOf(request);
      // Protobuf's empty message has no bytes: a request without records, which is fine.
      if (request.body === undefined && encoding === "protobuf") request.body = Buffer.alloc(0);
      const { batch, size } = await intake.read(request, async (bytes) => ({
        batch: await (encoding === "json" ? readOtlpJson : readOtlpProtobuf)(bytes, context),
        size: bytes.length,
      }));
      const protocol = encoding === "json" ? "otlp-json" : "otlp";
      const outcome = await intake.writer.write(principalOf(request), batch, protocol, size);
      // Where nothing was stored, success would tell a sender that all is well.
      if (outcome.accepted === 0 && outcome.rejected.length > 0) {
        const error = new ServiceError("NL_BATCH_REJECTED");
        return sendStatus(reply, encoding, error, `${error.message}: ${summary(outcome)}`);
      }
      return sendTaken(reply, encoding, outcome);
    });
  });
}

/** Replies speak as the request did; a request of no type that we know is answered in JSON. */
function encodingOf(request: FastifyRequest): Encoding {
  const type = (request.headers["content-type"] ?? "").toLowerCase();
  return PROTOBUF_TYPES.some((known) => type.startsWith(known)) ? "protobuf" : "json";
}
