import type { IncomingHttpHeaders } from "node:http";

import { ServiceError } from "../../errors.ts";
import { LOKI_LIMITS } from "../../limits.ts";
import type { NamespaceConfig } from "../../operations/namespace.ts";

const HEADER = "x-scope-orgid";

/**
 * The logical namespaces that `X-Scope-OrgID` names, which is what Loki calls tenants; several are
 * joined by `|`, for reading. A tenant without namespaces has nothing that it could name: agents
 * send the id of the Loki that they wrote to before, and must not lose records for it.
 * @returns undefined for a request that names none.
 * @throws ServiceError for a header that Loki would not take either.
 */
export function orgsOf(
  request: { readonly headers: IncomingHttpHeaders },
  namespaces: NamespaceConfig,
): readonly string[] | undefined {
  const header = request.headers[HEADER];
  if (header === undefined || header === "") return undefined;
  if (Array.isArray(header) || header.length > LOKI_LIMITS.orgUnits) {
    throw new ServiceError("NL_PARAMETER_INVALID", "tenant ID is too long");
  }
  return namespaces.enabled ? header.split("|").map((name) => name.trim()) : undefined;
}
