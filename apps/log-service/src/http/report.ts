import type { FastifyRequest } from "fastify";

import type { ServiceError } from "../errors.ts";
import type { Metrics } from "../observe/metrics.ts";
import { toServiceError } from "./respond.ts";

/** Whatever a route threw as an error of the registry, counted and, where it is our fault, logged. */
export function reportError(
  thrown: unknown,
  request: FastifyRequest,
  metrics: Metrics,
): ServiceError {
  const error = toServiceError(thrown);
  metrics.refused(error.code);
  // The path without its query: search texts and cursors are nobody's business here.
  const path = request.routeOptions.url;
  if (error.code === "NL_INTERNAL") request.log.error({ err: error.cause, path }, error.message);
  else if (error.status >= 500) request.log.warn({ code: error.code, path }, error.message);
  return error;
}
