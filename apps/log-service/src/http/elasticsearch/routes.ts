import type { FastifyInstance, FastifyRequest } from "fastify";

import { ServiceError } from "../../errors.ts";
import { ELASTICSEARCH_LIMITS } from "../../limits.ts";
import type { Intake } from "../intake.ts";
import { principalOf, requireKey } from "../principal.ts";
import { reportError } from "../report.ts";
import { HEALTH, INFO, LICENSE, SETUP, XPACK } from "./about.ts";
import { bulkReply, sendError } from "./reply.ts";

/** Official clients talk to nothing that does not say this, in errors too. */
const PRODUCT = ["x-elastic-product", "Elasticsearch"] as const;

/**
 * Elasticsearch's bulk API and the calls that its agents make before. Query arguments are theirs,
 * and none changes what is stored.
 */
export function addElasticsearchRoutes(parent: FastifyInstance, intake: Intake): void {
  void parent.register(async (app) => {
    // Agents send NDJSON by half a dozen names.
    intake.takeBytes(app, "*");
    app.addHook("onRequest", (_request, reply, done) => {
      void reply.header(...PRODUCT);
      done();
    });
    app.setErrorHandler((thrown, request, reply) =>
      sendError(reply, reportError(thrown, request, intake.metrics)),
    );
    addBulk(app, intake);
    addAbout(app, intake);
    addUnknown(app, intake);
  });
}

function addBulk(app: FastifyInstance, intake: Intake): void {
  for (const url of ["/_bulk", "/:index/_bulk"]) {
    app.route({
      method: ["POST", "PUT"],
      url,
      onRequest: intake.hooks(),
      handler: async (request, reply) => {
        const started = performance.now();
        const context = intake.context(request);
        const { readBulk } = await import("../../ingest/elasticsearch/read-bulk.ts");
        const { bulk, size } = await intake.read(request, async (bytes) => ({
          bulk: await readBulk(bytes, indexOf(request), context),
          size: bytes.length,
        }));
        const { batch } = bulk;
        const principal = principalOf(request);
        const outcome = await intake.writer.write(principal, batch, "elasticsearch", size);
        const text = await bulkReply(bulk, outcome, performance.now() - started);
        return reply.type("application/json").send(text);
      },
    });
  }
}

function addAbout(app: FastifyInstance, intake: Intake): void {
  const onRequest = requireKey(intake.authenticator, (principal) => intake.writer.admit(principal));
  const say = (url: string, answer: object) => {
    const text = JSON.stringify(answer);
    app.route({
      method: ["GET", "HEAD"],
      url,
      onRequest,
      handler: (_request, reply) => reply.type("application/json").send(text),
    });
  };
  say("/", INFO);
  for (const url of ["/_license", "/_xpack/license"]) say(url, LICENSE);
  say("/_xpack", XPACK);
  for (const url of ["/_cluster/health", "/_cluster/health/*"]) say(url, HEALTH);
  for (const prefix of SETUP) {
    for (const url of [prefix, `${prefix}/*`]) {
      say(url, {});
      app.route({
        method: ["PUT", "POST"],
        url,
        onRequest: intake.hooks(),
        handler: () => ({ acknowledged: true }),
      });
    }
  }
}

/** What else clients ask of an Elasticsearch: told in its own words that it is not here. */
function addUnknown(app: FastifyInstance, intake: Intake): void {
  for (const url of ["/_*", "/:index/_*"]) {
    app.route({
      method: ["GET", "HEAD", "POST", "PUT", "DELETE"],
      url,
      onRequest: intake.hooks(),
      handler: ({ url: asked }) => {
        const path = asked.split("?", 1)[0] ?? "/";
        throw path.endsWith("/_bulk")
          ? new ServiceError("NL_METHOD_NOT_ALLOWED", `${path} takes POST and PUT`)
          : new ServiceError("NL_NOT_FOUND", "Of Elasticsearch only bulk requests are answered");
      },
    });
  }
}

/** The index in the path; "" where it names none. */
function indexOf(request: FastifyRequest): string {
  const { params } = request;
  if (typeof params !== "object" || params === null || !("index" in params)) return "";
  const index = String(params.index);
  if (index.length <= ELASTICSEARCH_LIMITS.nameUnits) return index;
  throw new ServiceError("NL_BAD_REQUEST", "The index's name is too long");
}
