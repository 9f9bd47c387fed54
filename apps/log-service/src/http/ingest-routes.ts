import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { ServiceError } from "../errors.ts";
import type { Batch } from "../ingest/batch.ts";
import type { Protocol } from "../observe/metrics.ts";
import { invalidParameter } from "../operations/invalid-parameter.ts";
import type { NormalizeContext } from "../record/normalize.ts";
import type { Intake } from "./intake.ts";
import { mediaType } from "./media-type.ts";
import { readParameters, single, type Parameters } from "./parameters.ts";
import { principalOf } from "./principal.ts";
import { errorBody } from "./respond.ts";

type ReadBody = (
  bytes: Buffer,
  context: NormalizeContext,
  parameters: Parameters,
) => Promise<Batch>;

/**
 * What programs and agents send that know no form of ours. `POST /api/ingest/lines`: plain lines, the
 * format of each recognised. `POST /api/ingest/json`: objects with any fields, as an array or lines.
 * Answers as `POST /api/logs` does.
 */
export function addIngestRoutes(parent: FastifyInstance, intake: Intake): void {
  void parent.register(async (app) => {
    // The path says what it is; agents have many names for it, or none.
    intake.takeBytes(app, "*");
    const add = (path: string, protocol: Protocol, known: readonly string[], read: ReadBody) =>
      app.post(path, { onRequest: intake.hooks() }, (request, reply) =>
        take(intake, protocol, known, read, request, reply),
      );
    add("/api/ingest/lines", "text", ["source", "join"], async (bytes, context, parameters) => {
      const { readPlainLines } = await import("../ingest/lines/read-lines.ts");
      const source = single(parameters, "source");
      return readPlainLines(bytes, { source, join: readJoin(parameters) }, context);
    });
    add("/api/ingest/json", "json", [], async (bytes, context) => {
      const { readObjects } = await import("../ingest/fields/read-objects.ts");
      return readObjects(bytes, context);
    });
  });
}

async function take(
  intake: Intake,
  protocol: Protocol,
  known: readonly string[],
  read: ReadBody,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  mediaType(request.headers["content-type"]);
  const parameters = readParameters(request.url, ["namespace", ...known]);
  const context = intake.context(request, single(parameters, "namespace"));
  const { batch, size } = await intake.read(request, async (bytes) => ({
    batch: await read(bytes, context, parameters),
    size: bytes.length,
  }));
  const outcome = await intake.writer.write(principalOf(request), batch, protocol, size);
  if (outcome.accepted > 0) return reply.send(outcome);
  // Nothing was stored: 200 would tell an agent to drop what it sent.
  const error = errorBody(new ServiceError("NL_BATCH_REJECTED"));
  return reply.code(400).send({ ...outcome, ...error });
}

function readJoin(parameters: Parameters): boolean {
  const join = single(parameters, "join") ?? "true";
  if (join !== "true" && join !== "false") throw invalidParameter("join", "is true or false");
  return join === "true";
}
