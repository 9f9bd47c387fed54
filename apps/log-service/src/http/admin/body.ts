import { isUtf8 } from "node:buffer";

import type { FastifyInstance } from "fastify";
import type { z } from "zod";

import { ServiceError } from "../../errors.ts";
import { ADMIN_LIMITS } from "../../limits.ts";

/** Makes a scope take small JSON bodies, as bytes. */
export function takeJson(scope: FastifyInstance): void {
  scope.addContentTypeParser(
    "application/json",
    { parseAs: "buffer", bodyLimit: ADMIN_LIMITS.bodyBytes },
    (_request, body, done) => done(null, body),
  );
}

/** @throws ServiceError NL_BODY_NOT_UTF8, NL_BODY_NOT_JSON, or NL_PARAMETER_INVALID naming what is wrong. */
export function readBody<T extends z.ZodType>(body: unknown, schema: T): z.output<T> {
  if (!Buffer.isBuffer(body) || body.length === 0) throw new ServiceError("NL_BODY_EMPTY");
  // Decoding would replace wrong bytes silently: a clearing would cover other records than were meant.
  if (!isUtf8(body)) throw new ServiceError("NL_BODY_NOT_UTF8");
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch (error) {
    throw new ServiceError("NL_BODY_NOT_JSON", undefined, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, ADMIN_LIMITS.problems)
    .map(({ path, message }) => `${path.join(".") || "the body"}: ${message}`);
  throw new ServiceError("NL_PARAMETER_INVALID", problems.join("; "));
}
