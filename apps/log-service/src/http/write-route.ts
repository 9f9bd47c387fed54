import type { FastifyInstance, onRequestHookHandler } from "fastify";

import type { Authenticator } from "../access/authenticator.ts";
import { ServiceError } from "../errors.ts";
import { decompress } from "../ingest/decompress.ts";
import { Gate } from "../ingest/gate.ts";
import { readJson, readLines } from "../ingest/json/read-body.ts";
import { INGEST_LIMITS } from "../limits.ts";
import type { Writer } from "../operations/write.ts";
import type { NormalizeContext } from "../record/normalize.ts";
import { BodyBudget } from "./body-budget.ts";
import { readParameters, single } from "./parameters.ts";
import { principalOf, requireKey } from "./principal.ts";
import { errorBody, toServiceError } from "./respond.ts";

const JSON_TYPES = ["application/json"];
const LINE_TYPES = [
  "application/x-ndjson",
  "application/ndjson",
  "application/jsonl",
  "application/x-jsonlines",
];
const PARAMETERS = ["namespace"];

/** `POST /api/logs`: one record, an array, or lines of JSON. */
export function addWriteRoute(
  parent: FastifyInstance,
  deps: { readonly authenticator: Authenticator; readonly writer: Writer },
): void {
  const bodies = new BodyBudget({
    all: INGEST_LIMITS.bodiesBytes,
    perKey: INGEST_LIMITS.bodiesBytes / 2,
    unknown: INGEST_LIMITS.bodyBytes,
  });
  const gate = new Gate(INGEST_LIMITS.decompressions);
  const readBatch = async (
    body: Buffer,
    encoding: string | undefined,
    lines: boolean,
    context: NormalizeContext,
  ) => {
    const read = (bytes: Buffer) => ({
      batch: lines ? readLines(bytes, context) : readJson(bytes, context),
      bytes: bytes.length,
    });
    if (encoding === undefined) return read(body);
    return gate.run(async () => read(await decompress(body, encoding)));
  };

  // In a scope of its own: these body parsers are for this route alone.
  void parent.register(async (app) => {
    app.addContentTypeParser(
      [...JSON_TYPES, ...LINE_TYPES],
      { parseAs: "buffer" },
      (_request, body, done) => done(null, body),
    );
    app.post(
      "/api/logs",
      {
        onRequest: [
          requireKey(deps.authenticator, (principal) => deps.writer.admit(principal)),
          reserveBody(bodies),
        ],
      },
      async (request, reply) => {
        const principal = principalOf(request);
        const parameters = readParameters(request.url, PARAMETERS);
        const context = deps.writer.context(principal, single(parameters, "namespace"));
        const type = mediaType(request.headers["content-type"]);
        if (!Buffer.isBuffer(request.body)) throw new ServiceError("NL_BODY_EMPTY");
        const encoding = request.headers["content-encoding"];
        const lines = LINE_TYPES.includes(type);
        const { batch, bytes } = await readBatch(request.body, encoding, lines, context);
        const outcome = await deps.writer.write(principal, batch, lines ? "ndjson" : "json", bytes);
        if (outcome.accepted > 0) return outcome;
        // Nothing was stored: 200 would tell an agent to drop what it sent.
        return reply
          .code(400)
          .send({ ...outcome, ...errorBody(new ServiceError("NL_BATCH_REJECTED")) });
      },
    );
  });
}

/** Holds room for the body until the request is over, however it ends. */
function reserveBody(bodies: BodyBudget): onRequestHookHandler {
  return (request, reply, done) => {
    try {
      reply.raw.once("close", bodies.reserve(principalOf(request).name, request));
      done();
    } catch (error) {
      done(toServiceError(error));
    }
  };
}

/** The media type in lower case. A charset other than UTF-8 would be stored as something else. */
function mediaType(header: string | undefined): string {
  const [type = "", ...parameters] = (header ?? "").toLowerCase().split(";");
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.trim().split("=");
    if (name === "charset" && !["utf-8", "utf8", "us-ascii"].includes(value.replaceAll('"', ""))) {
      throw new ServiceError("NL_CONTENT_TYPE", "The charset is not supported: JSON is UTF-8");
    }
  }
  return type.trim();
}
