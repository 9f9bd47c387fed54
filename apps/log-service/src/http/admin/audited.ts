import type { FastifyRequest } from "fastify";

import type { AuditedCall } from "../../operations/audit.ts";
import { principalOf } from "../principal.ts";

/** A request as the account of it names it. */
export function audited(
  request: FastifyRequest,
  action: string,
  details: AuditedCall["details"] = {},
): AuditedCall {
  const forwarded = request.headers["x-forwarded-for"];
  return {
    principal: principalOf(request),
    action,
    details,
    address: request.ip,
    forwardedFor: Array.isArray(forwarded) ? forwarded.join(", ") : forwarded,
  };
}
