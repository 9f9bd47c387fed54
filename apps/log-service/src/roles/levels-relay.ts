import type { IncomingHttpHeaders } from "node:http";

import type { FastifyInstance } from "fastify";

import { ServiceError } from "../errors.ts";
import { SETTINGS_LIMITS } from "../limits.ts";

export interface RelayOptions {
  /** The log service's address. */
  readonly url: string;
  /** @throws ServiceError NL_UNAUTHENTICATED. */
  readonly keyFor: (headers: IncomingHttpHeaders) => string;
}

/** More than the log service lets anybody wait. */
const TIMEOUT_MS = SETTINGS_LIMITS.waitMs + 10_000;
const PASSED_ON = ["content-type", "etag", "cache-control"];

/**
 * `GET /api/levels`, asked of the log service behind the endpoint: a program that logs over MCP
 * reaches no other address, and is to follow its levels all the same.
 */
export function relayLevels(app: FastifyInstance, { url, keyFor }: RelayOptions): void {
  const closing = new AbortController();
  let waiting = 0;
  app.addHook("preClose", (done) => {
    closing.abort();
    done();
  });
  app.get("/api/levels", async (request, reply) => {
    const key = keyFor(request.headers);
    if (waiting >= SETTINGS_LIMITS.waiting) throw new ServiceError("NL_QUERY_BUSY");
    const known = request.headers["if-none-match"];
    const { search } = new URL(request.url, url);
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    waiting += 1;
    try {
      const answer = await fetch(`${url}/api/levels${search}`, {
        headers: {
          authorization: `Bearer ${key}`,
          ...(known === undefined ? {} : { "if-none-match": known }),
        },
        redirect: "error",
        signal: AbortSignal.any([gone.signal, closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      for (const name of PASSED_ON) {
        const value = answer.headers.get(name);
        if (value !== null) reply.header(name, value);
      }
      return await reply.code(answer.status).send(await answer.text());
    } catch (error) {
      if (error instanceof ServiceError) throw error;
      throw new ServiceError("NL_STORE_UNAVAILABLE", "The log service cannot be reached", {
        cause: error,
      });
    } finally {
      waiting -= 1;
    }
  });
}
