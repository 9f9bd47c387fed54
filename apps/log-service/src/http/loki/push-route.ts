import type { FastifyInstance, FastifyRequest } from "fastify";

import { ServiceError } from "../../errors.ts";
import type { Batch } from "../../ingest/batch.ts";
import { Gate } from "../../ingest/gate.ts";
import { INGEST_LIMITS, LOKI_LIMITS } from "../../limits.ts";
import type { NormalizeContext } from "../../record/normalize.ts";
import type { NamespaceConfig } from "../../operations/namespace.ts";
import { idempotencyKey } from "../idempotency.ts";
import type { Intake } from "../intake.ts";
import { principalOf } from "../principal.ts";
import { orgsOf } from "./org.ts";
import { answerErrorsAsText } from "./respond.ts";

/** `POST /loki/api/v1/push`, and the path before it. */
export function addLokiPush(
  parent: FastifyInstance,
  intake: Intake,
  namespaces: NamespaceConfig,
): void {
  void parent.register(async (scope) => {
    answerErrorsAsText(scope, intake.metrics);
    // Agents name the type in many ways, or not at all.
    intake.takeBytes(scope, "*");
    for (const path of ["/loki/api/v1/push", "/api/prom/push"]) {
      scope.post(path, { onRequest: intake.hooks() }, async (request, reply) => {
        const context = contextOf(request, intake, namespaces);
        const options = { idempotencyKey: idempotencyKey(request.headers["idempotency-key"]) };
        const read = await readerFor(request);
        let size = 0;
        const batch = await intake.read(request, (bytes) => {
          size = bytes.length;
          return read(bytes, context);
        });
        if (batch.size === 0) return reply.code(204).send();
        const principal = principalOf(request);
        const outcome = await intake.writer.write(principal, batch, "loki", size, options);
        // Agents drop a whole batch on 400: that one entry was refused is told to the metrics alone.
        if (outcome.accepted > 0) return reply.code(204).send();
        const [first] = outcome.rejected;
        throw new ServiceError("NL_BATCH_REJECTED", first?.message);
      });
    }
  });
}

function contextOf(
  request: FastifyRequest,
  intake: Intake,
  namespaces: NamespaceConfig,
): NormalizeContext {
  const orgs = orgsOf(request, namespaces);
  if (orgs !== undefined && orgs.length > 1) {
    throw new ServiceError("NL_PARAMETER_INVALID", "a push names one tenant, not several");
  }
  return intake.context(request, orgs?.[0]);
}

type Read = (bytes: Buffer, context: NormalizeContext) => Promise<Batch>;

/** For pushes in snappy, which no header names. */
const unpacking = new Gate(LOKI_LIMITS.unpacked);

/** The decoders are loaded when somebody first sends what they read: most services never need both. */
async function readerFor(request: FastifyRequest): Promise<Read> {
  const [type = ""] = (request.headers["content-type"] ?? "").toLowerCase().split(";");
  if (type.trim() === "application/json") {
    return (await import("../../ingest/loki/read-json.ts")).readJsonPush;
  }
  // Some clients name the compression that the protocol has anyway.
  if (request.headers["content-encoding"] === "snappy") delete request.headers["content-encoding"];
  const { readProtobufPush } = await import("../../ingest/loki/read-protobuf.ts");
  return (bytes, context) =>
    bytes.length <= INGEST_LIMITS.atOnceBytes
      ? readProtobufPush(bytes, context)
      : unpacking.run(() => readProtobufPush(bytes, context));
}
