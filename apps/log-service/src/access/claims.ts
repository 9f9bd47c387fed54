import { ACCESS_LIMITS } from "../limits.ts";
import type { OidcSettings } from "./oidc-settings.ts";
import { ROLES, type Principal, type Role } from "./principal.ts";

type Claims = Readonly<Record<string, unknown>>;

const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Whom a verified token's claims stand for; undefined where they name nobody. */
export function principalOfClaims(claims: Claims, settings: OidcSettings): Principal | undefined {
  const subject = claims["sub"] ?? claims["client_id"] ?? claims["azp"];
  if (typeof subject !== "string" || subject === "") return undefined;
  if (subject.length > ACCESS_LIMITS.subjectUnits) return undefined;
  return {
    // Never the name of an API key: names of those are no longer than 63 and rates go by them.
    name: `oidc:${subject}`,
    roles: rolesOf(claimAt(claims, settings.roles_claim), settings.roles),
    namespaces: namespacesOf(claims, settings),
  };
}

function rolesOf(claim: unknown, meanings: OidcSettings["roles"]): readonly Role[] {
  const named = valuesOf(claim);
  return ROLES.filter((role) =>
    named.some((name) =>
      meanings === undefined
        ? name === role
        : Object.hasOwn(meanings, name) && meanings[name] === role,
    ),
  );
}

function namespacesOf(claims: Claims, settings: OidcSettings): Principal["namespaces"] {
  const path = settings.namespaces_claim;
  const claim = path === undefined ? undefined : claimAt(claims, path);
  const names = claim === undefined ? settings.namespaces : valuesOf(claim);
  if (names.includes("*")) return "*";
  return new Set(names.filter((name) => NAMESPACE.test(name)));
}

/** A claim by its name, which may have dots (`https://acme.example/roles`), or by its path. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let found: unknown = claims;
  for (const step of path.split(".")) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, step))
      return undefined;
    found = Reflect.get(found, step);
  }
  return found;
}

/** A list, or one text with blanks between, as OAuth's scopes are. */
function valuesOf(claim: unknown): readonly string[] {
  if (typeof claim === "string") return claim.split(" ");
  return Array.isArray(claim) ? claim.filter((value) => typeof value === "string") : [];
}
