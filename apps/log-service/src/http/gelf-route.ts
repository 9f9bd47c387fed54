import type { FastifyInstance, FastifyRequest } from "fastify";

import { ServiceError } from "../errors.ts";
import { BatchBuilder } from "../ingest/batch.ts";
import type { Intake } from "./intake.ts";
import { readParameters, single } from "./parameters.ts";
import { principalOf } from "./principal.ts";

/** `POST /gelf`: one GELF message, plain, gzip or zlib; 202 when it is kept. */
export function addGelfRoute(parent: FastifyInstance, intake: Intake): void {
  void parent.register(async (app) => {
    // Senders name GELF as JSON, as a form, or not at all.
    intake.takeBytes(app, "*");
    app.post("/gelf", { onRequest: intake.hooks() }, async (request, reply) => {
      const parameters = readParameters(request.url, ["namespace"]);
      const context = intake.context(request, single(parameters, "namespace"));
      request.headers["content-encoding"] ??= compressionOf(request);
      const { readGelf } = await import("../ingest/gelf/read-gelf.ts");
      const batch = new BatchBuilder();
      const size = await intake.read(request, (bytes) => {
        batch.add(readGelf(bytes, context));
        return bytes.length;
      });
      const outcome = await intake.writer.write(principalOf(request), batch, "gelf", size);
      const [rejection] = outcome.rejected;
      if (rejection !== undefined) throw new ServiceError(rejection.code, rejection.message);
      return reply.code(202).send();
    });
  });
}

/** Over UDP, where GELF comes from, nothing but the first bytes says that a message is compressed. */
function compressionOf({ body }: FastifyRequest): string | undefined {
  if (!Buffer.isBuffer(body)) return undefined;
  if (body[0] === 0x1f && body[1] === 0x8b) return "gzip";
  return body[0] === 0x78 ? "deflate" : undefined;
}
