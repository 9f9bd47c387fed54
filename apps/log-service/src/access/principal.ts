/** Who is asking: an API key by its name, never by its value. */
export interface Principal {
  readonly name: string;
  /** What any of them allows, all of them together do: an assistant's key writes and reads. */
  readonly roles: readonly Role[];
  /** `"*"` reaches every logical namespace of the tenant. */
  readonly namespaces: "*" | ReadonlySet<string>;
}

export const ROLES = ["writer", "reader", "admin"] as const;
export type Role = (typeof ROLES)[number];

export type Action = "write" | "read" | "administer";

// A writer does not read: the key inside a compromised application shows nobody else's logs.
const ALLOWED: Readonly<Record<Role, readonly Action[]>> = {
  writer: ["write"],
  reader: ["read"],
  admin: ["write", "read", "administer"],
};

export function mayDo(principal: Principal, action: Action): boolean {
  return principal.roles.some((role) => ALLOWED[role].includes(action));
}

/**
 * The logical namespace of the service's own account of what administrators did. Only they read it,
 * and nobody writes it but the service, or whoever did something could add that somebody else did.
 */
export const AUDIT_NAMESPACE = "audit";

/** Whether the caller may see a namespace at all. */
export function reaches(principal: Principal, namespace: string): boolean {
  if (namespace === AUDIT_NAMESPACE && !mayDo(principal, "administer")) return false;
  return principal.namespaces === "*" || principal.namespaces.has(namespace);
}

/** Whether there is nothing in the store that the caller may not see. */
export function reachesEverything(principal: Principal): boolean {
  return principal.namespaces === "*" && mayDo(principal, "administer");
}

/** Whether the caller may change what a namespace holds. */
export function mayChange(principal: Principal, namespace: string): boolean {
  return namespace !== AUDIT_NAMESPACE && reaches(principal, namespace);
}
