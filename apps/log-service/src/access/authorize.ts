import { ServiceError } from "../errors.ts";
import {
  AUDIT_NAMESPACE,
  mayChange,
  mayDo,
  reaches,
  type Action,
  type Principal,
} from "./principal.ts";

/** @throws ServiceError when the key's role does not allow the action. */
export function requireAction(principal: Principal, action: Action): void {
  if (!mayDo(principal, action)) {
    throw new ServiceError(
      "NL_FORBIDDEN_ROLE",
      principal.roles.length === 0
        ? `${principal.name} has no role here`
        : `The key ${principal.name} is a ${principal.roles.join(" and ")}: it may not ${action}`,
    );
  }
}

/** @throws ServiceError when the key does not reach the namespace, whether it exists or not. */
export function requireNamespace(principal: Principal, namespace: string): void {
  if (!reaches(principal, namespace)) {
    throw new ServiceError(
      "NL_FORBIDDEN_NAMESPACE",
      `The key ${principal.name} does not reach the namespace ${namespace}`,
    );
  }
}

/** @throws ServiceError when the key may not change what the namespace holds. */
export function requireChange(principal: Principal, namespace: string): void {
  requireNamespace(principal, namespace);
  if (!mayChange(principal, namespace)) {
    throw new ServiceError(
      "NL_FORBIDDEN_NAMESPACE",
      `Only the service itself writes to the namespace ${AUDIT_NAMESPACE}`,
    );
  }
}

/** @throws ServiceError for a key that is limited to some namespaces, where the answer is about all. */
export function requireEverywhere(principal: Principal): void {
  if (principal.namespaces !== "*") {
    throw new ServiceError(
      "NL_FORBIDDEN_NAMESPACE",
      `The key ${principal.name} does not reach every namespace`,
    );
  }
}
