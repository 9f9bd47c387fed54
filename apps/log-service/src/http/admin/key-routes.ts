import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";

import { requireEverywhere } from "../../access/authorize.ts";
import { ServiceError } from "../../errors.ts";
import { readParameters } from "../parameters.ts";
import { principalOf } from "../principal.ts";
import type { AdminDeps } from "./deps.ts";
import { audited } from "./audited.ts";

const named = z.object({ name: z.string().min(1).max(63) });

/** `GET /api/admin/keys`, and `POST /api/admin/keys/<name>/revoke` and `…/restore`. */
export function addKeyRoutes(
  app: FastifyInstance,
  { auditor, keys }: Pick<AdminDeps, "auditor" | "keys">,
): void {
  app.get("/api/admin/keys", {}, (request) => {
    readParameters(request.url, []);
    // Keys are the whole tenant's: an administrator of some namespaces sees none of them.
    requireEverywhere(principalOf(request));
    return { keys: keys.list() };
  });

  app.post("/api/admin/keys/:name/revoke", {}, async (request, reply) => {
    const name = nameOf(request);
    const principal = principalOf(request);
    const revoke = async () => {
      requireEverywhere(principal);
      return keys.revoke(principal, name);
    };
    return reply.send(await auditor.run(audited(request, "keys.revoke", { name }), revoke));
  });

  app.post("/api/admin/keys/:name/restore", {}, async (request, reply) => {
    const name = nameOf(request);
    const principal = principalOf(request);
    const restore = async () => {
      requireEverywhere(principal);
      return keys.restore(name);
    };
    return reply.send(await auditor.run(audited(request, "keys.restore", { name }), restore));
  });
}

function nameOf(request: FastifyRequest): string {
  const parsed = named.safeParse(request.params);
  if (!parsed.success) throw new ServiceError("NL_KEY_UNKNOWN");
  readParameters(request.url, []);
  return parsed.data.name;
}
