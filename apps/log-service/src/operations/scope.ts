import { AUDIT_NAMESPACE, type Principal } from "../access/principal.ts";
import { SEARCH_LIMITS } from "../limits.ts";
import type { Scope } from "../query/engine/questions.ts";
import { cursorNamespaces } from "../query/engine/search/cursor.ts";
import { invalidParameter } from "./invalid-parameter.ts";
import { checkNamespace, type NamespaceConfig } from "./namespace.ts";

/**
 * The namespaces that a caller's question is about. Where it names none, the first page's stay those
 * of all pages: a namespace that is made in between must not make the cursor another search's.
 * @throws ServiceError for a namespace out of reach, named by the caller or by its cursor.
 */
export function scopeOf(
  principal: Principal,
  asked: {
    readonly namespace?: readonly string[] | undefined;
    readonly cursor?: string | undefined;
  },
  config: NamespaceConfig,
): Scope {
  const { namespace, cursor } = asked;
  if (namespace !== undefined) {
    return { names: checked(principal, namespace, config), carried: false };
  }
  if (cursor !== undefined) {
    return { names: checked(principal, cursorNamespaces(cursor), config), carried: true };
  }
  if (!config.enabled) {
    return { names: checked(principal, [config.default], config), carried: true };
  }
  if (principal.namespaces !== "*") {
    const names = [...principal.namespaces].filter((name) => name !== AUDIT_NAMESPACE);
    return { names, carried: true };
  }
  // What administrators did is no log of the tenant's programs: only who names it asks about it.
  return { names: "*", except: [AUDIT_NAMESPACE], carried: true };
}

function checked(
  principal: Principal,
  names: readonly string[],
  config: NamespaceConfig,
): readonly string[] {
  if (names.length > SEARCH_LIMITS.searchNamespaces) {
    throw invalidParameter("namespace", `is given at most ${SEARCH_LIMITS.searchNamespaces} times`);
  }
  for (const name of names) checkNamespace(principal, name, config);
  return [...new Set(names)];
}
