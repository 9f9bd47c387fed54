import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";

import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from "fastify";

import { ServiceError } from "../errors.ts";
import { HTTP_LIMITS, INGEST_LIMITS } from "../limits.ts";
import type { Metrics } from "../observe/metrics.ts";
import { answerClientError } from "./client-error.ts";
import { reportError } from "./report.ts";
import { errorBody, errorHead, toServiceError } from "./respond.ts";
import type { TlsFiles } from "./tls.ts";
import { addTraces, traceLogger } from "./traces.ts";

export interface AppOptions {
  readonly logger: FastifyBaseLogger;
  readonly metrics: Metrics;
  /** Without it the listener speaks plain HTTP. */
  readonly tls?: TlsFiles | undefined;
  /** A relay's listener gives a request that has no trace an id of its own. */
  readonly relays?: boolean;
  /** Only tests have others: they cannot wait as long as attackers do. */
  readonly limits?: { readonly [K in keyof typeof HTTP_LIMITS]: number };
}

/**
 * An HTTP server with the limits, errors and logging that every listener of ours has, and no route.
 * No CORS: browsers' pages of other origins have no business with a log service.
 */
export function createApp(options: AppOptions): FastifyInstance {
  const { logger, metrics, tls, limits = HTTP_LIMITS } = options;
  const app = fastify({
    loggerInstance: logger,
    // One line a request would double what a busy service writes; failures are logged below.
    logController: new LogController({ disableRequestLogging: true }),
    // fastify's own id of a request is seen by nobody else; a trace's id is.
    childLoggerFactory: traceLogger,
    bodyLimit: INGEST_LIMITS.bodyBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    exposeHeadRoutes: false,
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: limits.checkMs,
    },
    ...(tls === undefined ? {} : { serverFactory: secureServer(tls, limits) }),
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, _request, reply) => {
      const known = toServiceError(error);
      void errorHead(reply, known).send(errorBody(known));
    },
  });
  app.server.maxConnections = limits.connections;
  addTraces(app, options.relays ?? false);
  app.addHook("preClose", (done) => {
    setTimeout(() => app.server.closeAllConnections(), limits.closeMs).unref();
    done();
  });
  // Only routes that take a body name its types; everything else with a body is refused.
  app.removeAllContentTypeParsers();

  app.setErrorHandler((thrown, request, reply) => {
    const error = reportError(thrown, request, metrics);
    void errorHead(reply, error).send(errorBody(error));
  });

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "/";
    const allowed = (["GET", "POST"] as const).filter((method) =>
      app.hasRoute({ method, url: path }),
    );
    const error =
      allowed.length === 0
        ? new ServiceError("NL_NOT_FOUND")
        : new ServiceError("NL_METHOD_NOT_ALLOWED", `${path} takes ${allowed.join(" and ")}`);
    metrics.refused(error.code);
    if (allowed.length > 0) reply.header("allow", allowed.join(", "));
    void errorHead(reply, error).send(errorBody(error));
  });

  app.addHook("onResponse", (request, reply, done) => {
    // The route's pattern, never the path: strangers invent paths, and each would be a new series.
    const route = request.routeOptions.url ?? "none";
    metrics.answered(route, reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
  return app;
}

/** The limits of the plain server hold for this one too: fastify sets them only on its own. */
function secureServer(
  tls: TlsFiles,
  limits: NonNullable<AppOptions["limits"]>,
): (handler: RequestListener) => Server {
  return (handler) => {
    const server = createServer(
      {
        ...tls.options(),
        // Whoever shows none, or one of another authority, may still have a key.
        requestCert: tls.asksForCertificates,
        rejectUnauthorized: false,
        handshakeTimeout: limits.headersMs,
        maxHeaderSize: limits.headerBytes,
        headersTimeout: limits.headersMs,
        requestTimeout: limits.requestMs,
        keepAliveTimeout: limits.keepAliveMs,
        connectionsCheckingInterval: limits.checkMs,
      },
      handler,
    );
    tls.follow(server);
    return server;
  };
}
