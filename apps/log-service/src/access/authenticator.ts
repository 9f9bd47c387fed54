import { ServiceError } from "../errors.ts";
import type { Principal } from "./principal.ts";

/** What a request shows of who sends it, whatever the protocol calls it. */
export interface Credentials {
  /** An API key or an access token; undefined where none can be read. */
  readonly secret: string | undefined;
  /** Whether something was shown at all: what cannot be read is never replaced by a certificate. */
  readonly shown: boolean;
  /** Undefined without TLS, without a certificate, and for one that no authority of ours signed. */
  readonly certificate: ClientCertificate | undefined;
}

/** A verified client certificate, by the names that access.json may map to a principal. */
export interface ClientCertificate {
  /** Common name, and the DNS, URI and mail names of the certificate; each with its kind: `dns:a.example`. */
  readonly names: readonly string[];
}

/** Says whom credentials stand for. */
export interface Authenticator {
  /**
   * At once for keys and certificates, later for tokens whose issuer has to be asked.
   * @throws ServiceError (or rejects with one) when they stand for nobody.
   */
  authenticate(credentials: Credentials): Principal | Promise<Principal>;
}

/** Keys: looked up in memory. */
export interface KeyFinder {
  /** @throws ServiceError for a key that is known and may not be used any more. */
  find(presented: string): Principal | undefined;
}

export interface CertificateFinder {
  findCertificate(certificate: ClientCertificate): Principal | undefined;
}

/** Access tokens of an OIDC issuer. */
export interface TokenVerifier {
  /** @throws ServiceError when the token is not valid, or its issuer cannot be asked. */
  verify(token: string): Promise<Principal>;
}

export interface AuthenticatorOptions {
  readonly keys: KeyFinder & Partial<CertificateFinder>;
  readonly tokens?: TokenVerifier | undefined;
}

/** Tokens of a compact JWS have two dots, and our keys none: the two are never tried as each other. */
const JWS = /^[\w-]+\.[\w-]+\.[\w-]*$/;

export function createAuthenticator({ keys, tokens }: AuthenticatorOptions): Authenticator {
  return {
    authenticate({ secret, shown, certificate }) {
      if (secret !== undefined) {
        if (tokens !== undefined && JWS.test(secret)) return tokens.verify(secret);
        return known(keys.find(secret));
      }
      if (shown || certificate === undefined) return known(undefined);
      return known(keys.findCertificate?.(certificate));
    },
  };
}

/** Nobody and somebody unknown are not told apart. */
function known(principal: Principal | undefined): Principal {
  if (principal === undefined) throw new ServiceError("NL_UNAUTHENTICATED");
  return principal;
}
