import type { FastifyInstance, FastifyRequest } from "fastify";

import type { Authenticator } from "../access/authenticator.ts";
import { FOLLOW_LIMITS } from "../limits.ts";
import type { Follower, FollowQuery } from "../operations/follow.ts";
import { credentialsOf } from "./authenticate.ts";
import { EventStream } from "./event-stream.ts";
import { readParameters, single, type Parameters } from "./parameters.ts";
import { principalOf, requireKey } from "./principal.ts";
import { PARAMETERS } from "./question-schemas.ts";
import { filterOf } from "./questions.ts";

export interface StreamRouteDeps {
  readonly authenticator: Authenticator;
  readonly follower: Follower;
  /** Told of events that a slow client missed. */
  readonly onDropped: (events: number) => void;
}

const KNOWN = [...Object.keys(PARAMETERS.stream.shape), "metadata."];

/** `GET /api/logs/stream`: what is stored from now on, or since an event's id, as server-sent events. */
export function addStreamRoute(app: FastifyInstance, deps: StreamRouteDeps): void {
  const { authenticator, follower, onDropped } = deps;
  const streams = new Set<EventStream>();
  const heartbeat = setInterval(() => {
    for (const stream of streams) stream.beat();
  }, FOLLOW_LIMITS.heartbeatMs);
  heartbeat.unref();
  // Connections that never end would hold the server open.
  app.addHook("preClose", (done) => {
    clearInterval(heartbeat);
    for (const stream of streams) stream.end();
    done();
  });

  app.get(
    "/api/logs/stream",
    { onRequest: requireKey(authenticator, (principal) => follower.admit(principal)) },
    (request, reply) => {
      const query = queryOf(readParameters(request.url, KNOWN), request);
      const stream = new EventStream(reply.raw, onDropped);
      // What is wrong with the query, or with the id, has a status of its own: the head waits for it.
      const following = follower.open(principalOf(request), query, "sse", stream);
      reply.hijack();
      streams.add(stream);
      // A key that was revoked, or a token that has run out, follows nothing any more.
      const recheck = setInterval(() => {
        stillAllowed(authenticator, request).catch(() => stream.end());
      }, FOLLOW_LIMITS.recheckMs);
      reply.raw.once("close", () => {
        clearInterval(recheck);
        streams.delete(stream);
        following.stop();
      });
    },
  );
}

async function stillAllowed(authenticator: Authenticator, request: FastifyRequest): Promise<void> {
  await authenticator.authenticate(credentialsOf(request.raw));
}

function queryOf(parameters: Parameters, request: FastifyRequest): FollowQuery {
  const last = request.headers["last-event-id"];
  const { from: _from, to: _to, ...query } = filterOf(parameters);
  // Browsers send the header when they come back; the parameter is the first connection's.
  return { ...query, after: typeof last === "string" ? last : single(parameters, "after") };
}
