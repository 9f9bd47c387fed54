import { ServiceError } from "../errors.ts";
import type { OidcSettings } from "./oidc-settings.ts";
import type { Principal } from "./principal.ts";
import { createTokenVerifier, type TokenVerifier } from "./tokens.ts";

/** An API key or an access token as somebody presented it. */
export interface Presented {
  readonly text: string;
  /** Its SHA-256, all that is ever compared of a key. */
  readonly digest: Buffer;
}

/** What a request shows of who sends it, whatever the protocol calls it. */
export interface Credentials {
  /** Undefined where none can be read. */
  readonly secret: Presented | undefined;
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

/** What an authenticator asks: `KeyRing` is one. */
export interface WaysIn {
  /**
   * @param digest Of a key.
   * @throws ServiceError for a key that is known and may not be used any more.
   */
  find(digest: Buffer): Principal | undefined;
  findCertificate(certificate: ClientCertificate): Principal | undefined;
  /** Changes when the settings do. */
  readonly oidc: OidcSettings | undefined;
}

/** Tokens of a compact JWS have two dots, and our keys none: the two are never tried as each other. */
const JWS = /^[\w-]+\.[\w-]*\.[\w-]*$/;

export interface AuthenticatorOptions {
  readonly createVerifier?: (settings: OidcSettings) => TokenVerifier;
  /** What to wait for until it is known which keys were revoked; undefined once it is. */
  readonly until?: () => Promise<unknown> | undefined;
}

export function createAuthenticator(
  ways: WaysIn,
  { createVerifier = createTokenVerifier, until = () => undefined }: AuthenticatorOptions = {},
): Authenticator {
  let verifier: TokenVerifier | undefined;
  let verifies: OidcSettings | undefined;
  const tokens = (): TokenVerifier | undefined => {
    if (ways.oidc !== verifies) {
      verifies = ways.oidc;
      verifier = verifies === undefined ? undefined : createVerifier(verifies);
    }
    return verifier;
  };
  return {
    authenticate({ secret, shown, certificate }) {
      if (secret !== undefined) {
        const { text, digest } = secret;
        const verify = tokens();
        if (verify !== undefined && JWS.test(text)) return verify.verify(text);
        const principal = known(ways.find(digest));
        return until()?.then(() => known(ways.find(digest))) ?? principal;
      }
      if (shown || certificate === undefined) return known(undefined);
      return known(ways.findCertificate(certificate));
    },
  };
}

/** Nobody and somebody unknown are not told apart. */
function known(principal: Principal | undefined): Principal {
  if (principal === undefined) throw new ServiceError("NL_UNAUTHENTICATED");
  return principal;
}
