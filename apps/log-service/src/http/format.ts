import type { FastifyRequest } from "fastify";

import type { AnswerFormat } from "../query/engine/port.ts";

export const CONTENT_TYPES: Readonly<Record<AnswerFormat, string>> = {
  json: "application/json; charset=utf-8",
  ndjson: "application/x-ndjson; charset=utf-8",
};

/** JSON, unless the caller names lines of it. */
export function acceptedFormat(request: FastifyRequest): AnswerFormat {
  return request.headers.accept?.includes("application/x-ndjson") === true ? "ndjson" : "json";
}
