import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from "fastify";

import type { KeyRing } from "../access/key-ring.ts";
import type { Principal } from "../access/principal.ts";
import { ServiceError } from "../errors.ts";
import { authenticate } from "./authenticate.ts";
import { toServiceError } from "./respond.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set by `requireKey`; undefined on routes that ask for no key. */
    principal: Principal | undefined;
  }
}

/** Prepares an app for `requireKey`. */
export function decoratePrincipal(app: FastifyInstance): void {
  app.decorateRequest("principal", undefined);
}

/**
 * A hook that lets a request in by its key and the route's own question, before its body is read:
 * strangers must not be able to make us hold 16 MiB.
 */
export function requireKey(
  keys: KeyRing,
  admit: (principal: Principal) => void,
): onRequestHookHandler {
  return (request, _reply, done) => {
    try {
      const principal = authenticate(keys, request.headers.authorization);
      admit(principal);
      request.principal = principal;
      done();
    } catch (error) {
      done(toServiceError(error));
    }
  };
}

/** The caller of a route behind `requireKey`. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === undefined) throw new ServiceError("NL_UNAUTHENTICATED");
  return request.principal;
}
