import type { FastifyReply } from "fastify";

import { ServiceError } from "../errors.ts";
import { lingerOn } from "./linger.ts";

export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly details?: unknown };
}

export function errorBody(error: ServiceError): ErrorBody {
  const { code, message, details } = error;
  return { error: { code, message, ...(details === undefined ? {} : { details }) } };
}

/** Sets what an error says in status and headers; the body is the caller's. */
export function errorHead(reply: FastifyReply, error: ServiceError): FastifyReply {
  if (error.retryAfterSeconds !== undefined) {
    reply.header("retry-after", String(Math.max(1, Math.ceil(error.retryAfterSeconds))));
  }
  if (error.code === "NL_BODY_TOO_LARGE") lingerOn(reply.request.raw);
  if (error.status === 401) reply.header("www-authenticate", "Bearer");
  return reply.code(error.status);
}

/** What fastify and Node call their errors, in our registry's words. */
const FOREIGN: Readonly<Record<string, () => ServiceError>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new ServiceError(
      "NL_CONTENT_TYPE",
      "The content type is not supported: send application/json or application/x-ndjson, or plain lines to /api/ingest/lines",
    ),
  FST_ERR_CTP_BODY_TOO_LARGE: () => new ServiceError("NL_BODY_TOO_LARGE"),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new ServiceError("NL_BAD_REQUEST", "The body's length is not the Content-Length"),
  FST_ERR_BAD_URL: () => new ServiceError("NL_BAD_REQUEST", "The address is not a valid URL"),
  FST_ERR_INVALID_URL: () => new ServiceError("NL_BAD_REQUEST", "The address is not a valid URL"),
};

/** Any thrown value as an error of the registry; what is not known says nothing of itself. */
export function toServiceError(thrown: unknown): ServiceError {
  if (thrown instanceof ServiceError) return thrown;
  if (isSenderGone(thrown)) {
    return new ServiceError("NL_BAD_REQUEST", "The request ended before its body did");
  }
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  const known = Object.hasOwn(FOREIGN, code) ? FOREIGN[code] : undefined;
  return known?.() ?? new ServiceError("NL_INTERNAL", undefined, { cause: thrown });
}

/**
 * A connection that was reset while the body came, which fastify gives a status: nobody hears the
 * reply, and nothing of ours failed. A reset without one is somebody else's connection.
 */
function isSenderGone(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !("code" in thrown) || !("statusCode" in thrown)) return false;
  return thrown.code === "ECONNRESET" && thrown.statusCode === 400;
}
