import type { KeyRing } from "../access/key-ring.ts";
import type { Principal } from "../access/principal.ts";
import { ServiceError } from "../errors.ts";
import { ACCESS_LIMITS } from "../limits.ts";

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i;

/** The key in an `Authorization` header; undefined where there is none of ours. */
export function readBearer(header: string | undefined): string | undefined {
  // Bounded before anything looks at it: hashing what strangers send costs time.
  if (header === undefined || header.length > ACCESS_LIMITS.keyUnits) return undefined;
  return BEARER.exec(header)?.[1];
}

/**
 * Whom an `Authorization` header stands for.
 * @throws ServiceError when there is none, or none that we know: the two are not told apart.
 */
export function authenticate(keys: KeyRing, header: string | undefined): Principal {
  const key = readBearer(header);
  const principal = key === undefined ? undefined : keys.find(key);
  if (principal === undefined) throw new ServiceError("NL_UNAUTHENTICATED");
  return principal;
}
