import { createHash } from "node:crypto";

import { ServiceError } from "../errors.ts";
import { ACCESS_LIMITS } from "../limits.ts";
import { principalOfClaims } from "./claims.ts";
import { Jwks, type JwksOptions } from "./jwks.ts";
import type { OidcSettings } from "./oidc-settings.ts";
import type { Principal } from "./principal.ts";

/** Access tokens of an OIDC issuer. */
export interface TokenVerifier {
  /** @throws ServiceError when the token is not valid, or its issuer cannot be asked. */
  verify(token: string): Promise<Principal>;
}

interface Verified {
  readonly principal: Principal;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** What a caller may know of why its token was refused; jose's own words stay in the log. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: "it has expired",
  ERR_JOSE_ALG_NOT_ALLOWED: "its algorithm is not allowed",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "its signature is not right",
  ERR_JWKS_NO_MATCHING_KEY: "its issuer has no such key",
};
const CLAIMS: Readonly<Record<string, string>> = {
  iss: "its issuer is another one",
  aud: "it is for somebody else",
  nbf: "it is not valid yet",
  exp: "it does not say when it expires",
};

/** Verifies access tokens of one issuer. The library is loaded with the first of them. */
export function createTokenVerifier(
  settings: OidcSettings,
  parts: Pick<JwksOptions, "fetch" | "now"> = {},
): TokenVerifier {
  // A signature takes 0.1 ms, and an agent sends the same token a thousand times.
  const verified = new Map<string, Verified>();
  let opening: ReturnType<typeof open> | undefined;
  const open = async () => {
    const jose = await import("jose");
    const keys = new Jwks({
      issuer: settings.issuer,
      jwksUri: settings.jwks_uri,
      createKeySet: jose.createLocalJWKSet,
      ...parts,
    });
    return { jose, keys };
  };

  const claimsOf = async (token: string) => {
    const { jose, keys } = await (opening ??= open());
    const options = {
      issuer: settings.issuer,
      audience: settings.audience,
      algorithms: settings.algorithms,
      clockTolerance: settings.clock_tolerance_seconds,
      requiredClaims: ["exp"],
    };
    const read = async (from: Awaited<ReturnType<Jwks["current"]>>) =>
      (await jose.jwtVerify(token, from, options)).payload;
    // Before any key is asked for: what nobody could accept must not reach for the issuer.
    const { alg } = jose.decodeProtectedHeader(token);
    if (!settings.algorithms.some((allowed) => allowed === alg)) {
      throw new jose.errors.JOSEAlgNotAllowed("alg");
    }
    try {
      return await read(await keys.current());
    } catch (error) {
      if (!(error instanceof jose.errors.JWKSNoMatchingKey)) throw error;
      const newer = await keys.newer();
      if (newer === undefined) throw error;
      return read(newer);
    }
  };

  return {
    async verify(token) {
      const key = createHash("sha256").update(token).digest("base64");
      const known = verified.get(key);
      if (known !== undefined && Date.now() < known.until) return known.principal;
      verified.delete(key);
      const claims = await claimsOf(token).catch((error: unknown) => {
        throw refusal(error);
      });
      const principal = principalOfClaims(claims, settings);
      if (principal === undefined) throw invalid("it names no subject");
      const expires = ((claims.exp ?? 0) + settings.clock_tolerance_seconds) * 1_000;
      const oldest = verified.keys().next();
      if (verified.size >= ACCESS_LIMITS.verifiedTokens && oldest.done !== true) {
        verified.delete(oldest.value);
      }
      verified.set(key, {
        principal,
        until: Math.min(expires, Date.now() + ACCESS_LIMITS.verifiedMs),
      });
      return principal;
    },
  };
}

function refusal(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const claim = error instanceof Error && "claim" in error ? String(error.claim) : "";
  const reason = REASONS[code] ?? CLAIMS[claim] ?? "it cannot be read";
  return invalid(reason, error);
}

function invalid(reason: string, cause?: unknown): ServiceError {
  return new ServiceError("NL_TOKEN_INVALID", `The access token is not valid: ${reason}`, {
    cause,
  });
}
