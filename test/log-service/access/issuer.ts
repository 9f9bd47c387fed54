import * as jose from "jose";

import {
  oidcSchema,
  type OidcSettings,
} from "../../../apps/log-service/src/access/oidc-settings.ts";

export const ISSUER = "https://issuer.example";

/** An OIDC issuer without a network: what it would answer, and how often it was asked. */
export class TestIssuer {
  readonly asked: string[] = [];
  /** Milliseconds that the verifier's clock shows. */
  clock = 0;
  down = false;
  readonly #keys: { kid: string; pair: jose.GenerateKeyPairResult; alg: string }[] = [];

  static async open(alg = "RS256"): Promise<TestIssuer> {
    const issuer = new TestIssuer();
    await issuer.rotate("first", alg);
    return issuer;
  }

  /** Adds a key, and forgets those before unless they are to stay. */
  async rotate(kid: string, alg = "RS256", keep = false): Promise<void> {
    const pair = await jose.generateKeyPair(alg, { extractable: true });
    if (!keep) this.#keys.length = 0;
    this.#keys.push({ kid, pair, alg });
  }

  readonly fetch: typeof fetch = async (input) => {
    const url = String(input);
    this.asked.push(url);
    if (this.down) throw new TypeError("fetch failed");
    const body = url.endsWith("/.well-known/openid-configuration")
      ? { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` }
      : { keys: await this.publicKeys() };
    return Response.json(body);
  };

  readonly now = (): number => this.clock;

  async publicKeys(): Promise<jose.JWK[]> {
    return Promise.all(
      this.#keys.map(async ({ kid, pair, alg }) => ({
        ...(await jose.exportJWK(pair.publicKey)),
        kid,
        alg,
        use: "sig",
      })),
    );
  }

  /** A token that is good for an hour, but for what is given. */
  async sign(
    claims: Readonly<Record<string, unknown>> = {},
    header: Partial<jose.JWTHeaderParameters> = {},
  ): Promise<string> {
    const key = this.#keys.at(-1);
    if (key === undefined) throw new Error("the issuer has no key");
    return new jose.SignJWT(payload(claims))
      .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
      .sign(key.pair.privateKey);
  }
}

const seconds = () => Math.floor(Date.now() / 1_000);

export function payload(claims: Readonly<Record<string, unknown>> = {}): jose.JWTPayload {
  return {
    iss: ISSUER,
    aud: "neurallog",
    sub: "ada",
    exp: seconds() + 3_600,
    roles: ["reader"],
    namespaces: ["payments"],
    ...claims,
  };
}

export function settings(changes: Readonly<Record<string, unknown>> = {}): OidcSettings {
  return oidcSchema.parse({
    issuer: ISSUER,
    audience: "neurallog",
    namespaces_claim: "namespaces",
    ...changes,
  });
}
