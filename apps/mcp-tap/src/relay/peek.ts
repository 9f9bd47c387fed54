import type { IncomingMessage } from "node:http";

import { LIMITS } from "../limits.ts";
import { traceOfMeta } from "../message/trace.ts";
import { isObject } from "../message/read.ts";

/**
 * The beginning of a body: all of it, unless it is long. A request's headers have to name its trace before its
 * body is forwarded, and the trace may stand in the body alone. A client that says the rest only when it has heard
 * something, or that has left, ends the wait too.
 */
export async function peek(request: IncomingMessage): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    const late = setTimeout(() => done(), LIMITS.peekMs);
    const done = () => {
      clearTimeout(late);
      request.off("data", take);
      request.off("end", done);
      request.off("close", done);
      request.pause();
      resolve(chunks);
    };
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= LIMITS.peekBytes) done();
    };
    request.on("data", take);
    request.once("end", done);
    request.once("close", done);
  });
}

/** The trace that a message's own `_meta` names; of a batch the first. */
export function traceInBody(chunks: readonly Buffer[]): string | undefined {
  const body = Buffer.concat(chunks);
  if (!body.includes('"traceparent"')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    return undefined;
  }
  const messages: unknown[] = Array.isArray(value) ? value : [value];
  for (const message of messages) {
    const params = isObject(message) ? message["params"] : undefined;
    const meta = isObject(params) ? params["_meta"] : undefined;
    const traceId = isObject(meta) ? traceOfMeta(meta) : undefined;
    if (traceId !== undefined) return traceId;
  }
  return undefined;
}
