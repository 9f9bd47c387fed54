import { createHash } from "node:crypto";

import type { FastifyInstance } from "fastify";

import type { Authenticator } from "../access/authenticator.ts";
import type { Principal } from "../access/principal.ts";
import { SETTINGS_LIMITS } from "../limits.ts";
import { invalidParameter } from "../operations/invalid-parameter.ts";
import type { Levels } from "../operations/levels.ts";
import { readParameters, single } from "./parameters.ts";
import { principalOf, requireKey } from "./principal.ts";
import { untilGone } from "./until-gone.ts";

export interface LevelsRouteDeps {
  readonly authenticator: Authenticator;
  readonly levels: Levels;
  /** Where a caller's records go that name no logical namespace: levels are by namespace. */
  readonly defaultNamespace: (principal: Principal) => string;
}

/**
 * `GET /api/levels`: what each source should send, for programs with any key. Followed without
 * asking again and again: with the `ETag` of the answer before in `If-None-Match` and `wait`, the
 * answer comes when it is another one, or as 304 when the seconds are over.
 */
export function addLevelsRoute(
  app: FastifyInstance,
  { authenticator, levels, defaultNamespace }: LevelsRouteDeps,
): void {
  let waiting = 0;
  const closing = new AbortController();
  app.addHook("preClose", (done) => {
    closing.abort();
    done();
  });
  app.get(
    "/api/levels",
    { onRequest: requireKey(authenticator, () => undefined) },
    async (request, reply) => {
      const wait = waitMs(single(readParameters(request.url, ["wait"]), "wait"));
      const principal = principalOf(request);
      const known = request.headers["if-none-match"];
      const signal = AbortSignal.any([untilGone(reply), closing.signal]);
      const until = performance.now() + wait;
      for (;;) {
        const body = JSON.stringify({
          levels: await levels.list(principal),
          default_namespace: defaultNamespace(principal),
        });
        const tag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
        const left = until - performance.now();
        const patient = left > 0 && !signal.aborted && waiting < SETTINGS_LIMITS.waiting;
        if (known === tag && patient) {
          waiting += 1;
          try {
            await levels.changed(left, signal);
          } finally {
            waiting -= 1;
          }
          continue;
        }
        reply.header("etag", tag).header("cache-control", "no-cache");
        if (known === tag) return reply.code(304).send();
        return reply.type("application/json").send(body);
      }
    },
  );
}

function waitMs(text: string | undefined): number {
  if (text === undefined) return 0;
  const most = SETTINGS_LIMITS.waitMs / 1_000;
  if (!/^\d{1,3}$/.test(text) || Number(text) > most) {
    throw invalidParameter("wait", `is a whole number of seconds from 0 to ${most}`);
  }
  return Number(text) * 1_000;
}
