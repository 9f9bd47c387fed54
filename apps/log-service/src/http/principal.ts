import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from "fastify";

import type { Authenticator } from "../access/authenticator.ts";
import type { Principal } from "../access/principal.ts";
import { ServiceError } from "../errors.ts";
import { credentialsOf } from "./authenticate.ts";
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
 * A hook that lets a request in by its credentials and the route's own question, before its body is
 * read: strangers must not be able to make us hold 16 MiB.
 */
export function requireKey(
  authenticator: Authenticator,
  admit: (principal: Principal, request: FastifyRequest) => void,
): onRequestHookHandler {
  return (request, _reply, done) => {
    const enter = (principal: Principal): void => {
      admit(principal, request);
      request.principal = principal;
    };
    try {
      const found = authenticator.authenticate(credentialsOf(request.raw));
      // A key is known at once: nearly all requests come this way, and a promise costs them a turn.
      if (found instanceof Promise) {
        void later(found.then(enter), done);
        return;
      }
      enter(found);
      done();
    } catch (error) {
      done(toServiceError(error));
    }
  };
}

async function later(entering: Promise<void>, done: (error?: Error) => void): Promise<void> {
  try {
    await entering;
  } catch (error) {
    done(toServiceError(error));
    return;
  }
  done();
}

/** The caller of a route behind `requireKey`. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === undefined) throw new ServiceError("NL_UNAUTHENTICATED");
  return request.principal;
}
