import { requireNamespace } from "../access/authorize.ts";
import { AUDIT_NAMESPACE, type Principal } from "../access/principal.ts";
import { isNamespaceName } from "../record/namespace.ts";
import { invalidParameter } from "./invalid-parameter.ts";

export interface NamespaceConfig {
  /** Off: everything goes into the default namespace, and naming another is refused. */
  readonly enabled: boolean;
  readonly default: string;
}

/**
 * Lets a caller use a logical namespace that it named.
 * @throws ServiceError NL_PARAMETER_INVALID or NL_FORBIDDEN_NAMESPACE; the same whether it exists or not.
 */
export function checkNamespace(principal: Principal, name: string, config: NamespaceConfig): void {
  if (!isNamespaceName(name)) {
    throw invalidParameter(
      "namespace",
      "is 1 to 63 of a-z, 0-9 and -, with a letter or digit at both ends",
    );
  }
  if (!config.enabled && name !== config.default && name !== AUDIT_NAMESPACE) {
    throw invalidParameter("namespace", `can only be ${config.default} in this tenant`);
  }
  requireNamespace(principal, name);
}
