import type { KeyRing } from "../access/key-ring.ts";
import type { Principal } from "../access/principal.ts";
import { ServiceError } from "../errors.ts";
import { ACCESS_LIMITS } from "../limits.ts";

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i;

/**
 * Whom an `Authorization` header stands for.
 * @throws ServiceError when there is none, or none that we know: the two are not told apart.
 */
export function authenticate(keys: KeyRing, header: string | undefined): Principal {
  const key = header === undefined ? undefined : BEARER.exec(header)?.[1];
  if (key === undefined || key.length > ACCESS_LIMITS.keyUnits) {
    throw new ServiceError("NL_UNAUTHENTICATED");
  }
  const principal = keys.find(key);
  if (principal === undefined) throw new ServiceError("NL_UNAUTHENTICATED");
  return principal;
}
