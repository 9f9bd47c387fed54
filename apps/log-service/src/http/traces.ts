import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from "fastify";

import { inTrace, traceOfHeaders, type Trace } from "../observe/trace.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What the request belongs to: its sender says so, or a relay that has it first. */
    trace: Trace | undefined;
  }
}

/** A request's own logger: with the trace that its sender named, in every line. */
export function traceLogger(
  parent: FastifyBaseLogger,
  _bindings: unknown,
  _options: unknown,
  request: IncomingMessage,
): FastifyBaseLogger {
  const trace = traceOfHeaders(request.headers);
  return trace === undefined ? parent : parent.child({ trace_id: trace.id });
}

/**
 * Reads `X-Trace-ID` and `traceparent` of every request, answers with `X-Trace-ID`, and lets whatever is done
 * for the request know its trace.
 * @param relays A request without one gets a UUID.
 */
export function addTraces(app: FastifyInstance, relays: boolean): void {
  app.decorateRequest("trace", undefined);
  app.addHook("onRequest", (request, reply, done) => {
    request.trace = traceOfHeaders(request.headers) ?? (relays ? minted(request) : undefined);
    // On the answer itself: a door that answers past fastify has it too.
    if (request.trace !== undefined) reply.raw.setHeader("x-trace-id", request.trace.id);
    inTrace(request.trace, done);
  });
  // A body's events belong to its connection, and what comes after them would too.
  app.addHook("preValidation", (request, _reply, done) => inTrace(request.trace, done));
}

function minted(request: FastifyRequest): Trace {
  // A UUID v4 in the form that a `traceparent` has it in: the log service behind then logs the same text.
  const id = randomUUID().replaceAll("-", "");
  request.log = request.log.child({ trace_id: id });
  // It is of the request and not of its records: nobody who logs has named a trace.
  return {
    id,
    traceparent: `00-${id}-${randomBytes(8).toString("hex")}-00`,
    stamps: false,
  };
}
