import type { FastifyInstance } from "fastify";

import type { JsonValue } from "../../record/record.ts";
import { readParameters } from "../parameters.ts";
import { principalOf } from "../principal.ts";
import { untilGone } from "../until-gone.ts";
import type { AdminDeps } from "./deps.ts";
import { audited } from "./audited.ts";
import { readBody } from "./body.ts";
import { clearInput } from "./schemas.ts";

/** `POST /api/admin/clear` and `GET /api/admin/tombstones`. */
export function addClearRoutes(
  app: FastifyInstance,
  { auditor, clearer }: Pick<AdminDeps, "auditor" | "clearer">,
): void {
  app.post("/api/admin/clear", {}, async (request, reply) => {
    readParameters(request.url, []);
    const { dry_run, ...asked } = readBody(request.body, clearInput);
    const principal = principalOf(request);
    const details: { readonly [name: string]: JsonValue } = JSON.parse(JSON.stringify(asked));
    if (dry_run === true) {
      const signal = untilGone(reply);
      return auditor.run(
        audited(request, "logs.clear.preview", details),
        () => clearer.preview(principal, asked, signal),
        ({ records }) => ({ records }),
      );
    }
    return auditor.run(
      audited(request, "logs.clear", details),
      () => clearer.clear(principal, asked),
      ({ tombstones }) => ({ tombstones: tombstones.map(({ id }) => id) }),
    );
  });

  app.get("/api/admin/tombstones", {}, async (request, reply) => {
    readParameters(request.url, []);
    const tombstones = await clearer.tombstones(principalOf(request));
    return reply.send({
      tombstones: tombstones.map(({ id, namespace, filter, fromMs, toMs, createdMs, by }) => {
        const read: unknown = filter === "" ? {} : JSON.parse(filter);
        return {
          id,
          namespace,
          filter: read,
          from: timeOf(fromMs),
          to: timeOf(toMs),
          created: timeOf(createdMs),
          by,
        };
      }),
    });
  });
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
