import type { FastifyInstance } from "fastify";

import { readParameters, single } from "../parameters.ts";
import { principalOf } from "../principal.ts";
import type { AdminDeps } from "./deps.ts";
import { audited } from "./audited.ts";
import { readBody } from "./body.ts";
import { levelInput } from "./schemas.ts";

/** `GET`, `PUT` and `DELETE /api/admin/levels`. */
export function addLevelRoutes(
  app: FastifyInstance,
  { auditor, levels }: Pick<AdminDeps, "auditor" | "levels">,
): void {
  app.get("/api/admin/levels", {}, async (request, reply) => {
    readParameters(request.url, []);
    return reply.send({ levels: await levels.all(principalOf(request)) });
  });

  app.put("/api/admin/levels", {}, async (request, reply) => {
    readParameters(request.url, []);
    const asked = readBody(request.body, levelInput);
    const principal = principalOf(request);
    const call = audited(request, "levels.set", asked);
    return reply.send(await auditor.run(call, () => levels.set(principal, asked)));
  });

  app.delete("/api/admin/levels", {}, async (request, reply) => {
    const parameters = readParameters(request.url, ["source", "namespace"]);
    const asked = {
      source: single(parameters, "source") ?? "",
      namespace: single(parameters, "namespace") ?? "*",
    };
    const principal = principalOf(request);
    await auditor.run(audited(request, "levels.delete", asked), () =>
      levels.remove(principal, asked),
    );
    return reply.code(204).send();
  });
}
