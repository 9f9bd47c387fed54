import type { FastifyInstance } from "fastify";

import { requireAction } from "../../access/authorize.ts";
import { mayDo } from "../../access/principal.ts";
import { requireKey } from "../principal.ts";
import { audited } from "./audited.ts";
import { takeJson } from "./body.ts";
import { addClearRoutes } from "./clear-routes.ts";
import type { AdminDeps } from "./deps.ts";
import { addKeyRoutes } from "./key-routes.ts";
import { addLevelRoutes } from "./level-routes.ts";

/** `/api/admin/…`: for keys with the role admin alone. What changes something is written to the audit. */
export function addAdminRoutes(parent: FastifyInstance, deps: AdminDeps): void {
  void parent.register(async (app) => {
    takeJson(app);
    app.addHook(
      "onRequest",
      requireKey(deps.authenticator, (principal, request) => {
        if (!mayDo(principal, "administer")) {
          request.principal = principal;
          const action = `${request.method} ${request.routeOptions.url ?? ""}`;
          deps.auditor.refused(audited(request, action), "NL_FORBIDDEN_ROLE");
        }
        requireAction(principal, "administer");
      }),
    );
    addClearRoutes(app, deps);
    addKeyRoutes(app, deps);
    addLevelRoutes(app, deps);
  });
}
