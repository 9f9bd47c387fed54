import * as jose from "jose";
import { beforeEach, describe, expect, test } from "vitest";

import { createTokenVerifier } from "../../../apps/log-service/src/access/tokens.ts";
import { ServiceError } from "../../../apps/log-service/src/errors.ts";
import { ACCESS_LIMITS } from "../../../apps/log-service/src/limits.ts";
import { ISSUER, payload, settings, TestIssuer } from "./issuer.ts";

let issuer: TestIssuer;
beforeEach(async () => {
  issuer = await TestIssuer.open();
});

const verifier = (changes: Readonly<Record<string, unknown>> = {}) =>
  createTokenVerifier(settings(changes), issuer);
const seconds = () => Math.floor(Date.now() / 1_000);

describe("an access token", () => {
  test("stands for its subject with the roles and namespaces of its claims", async () => {
    expect(await verifier().verify(await issuer.sign())).toEqual({
      name: "oidc:ada",
      roles: ["reader"],
      namespaces: new Set(["payments"]),
    });
    expect(issuer.asked).toEqual([`${ISSUER}/.well-known/openid-configuration`, `${ISSUER}/keys`]);
  });

  test.each(["RS256", "ES256", "EdDSA"])("may be signed by %s", async (alg) => {
    await issuer.rotate("other", alg);
    expect(await verifier().verify(await issuer.sign())).toMatchObject({ name: "oidc:ada" });
  });

  test.each([
    ["a path", { roles_claim: "realm_access.roles" }, { realm_access: { roles: ["admin"] } }],
    [
      "a name with dots",
      { roles_claim: "https://a.example/r" },
      { "https://a.example/r": "admin" },
    ],
    ["words with blanks between", { roles_claim: "scope" }, { scope: "openid admin" }],
    [
      "groups with a meaning",
      { roles_claim: "groups", roles: { "log-admins": "admin" } },
      { groups: ["all", "log-admins"] },
    ],
  ])("has its roles in %s", async (_case, changes, claims) => {
    const principal = await verifier(changes).verify(await issuer.sign(claims));
    expect(principal.roles).toEqual(["admin"]);
  });

  test("has no role that its claim does not name, and reaches nothing by itself", async () => {
    const token = await issuer.sign({ roles: ["root", "Admin"], namespaces: undefined });
    expect(await verifier().verify(token)).toMatchObject({ roles: [], namespaces: new Set() });
  });

  test("reaches what the settings say where its claims say nothing", async () => {
    const changes = { namespaces_claim: undefined, namespaces: ["*"] };
    const principal = await verifier(changes).verify(await issuer.sign());
    expect(principal.namespaces).toBe("*");
  });

  test("signed by a new key is taken after one look, the keys before being dropped", async () => {
    const tokens = verifier();
    const old = await issuer.sign({ sub: "old" });
    await tokens.verify(await issuer.sign());
    await issuer.rotate("second");
    const fresh = await issuer.sign();
    issuer.clock += ACCESS_LIMITS.jwksCooldownMs;
    expect(await tokens.verify(fresh)).toMatchObject({ name: "oidc:ada" });
    await expect(tokens.verify(old)).rejects.toThrow("its issuer has no such key");
  });

  test("is taken by the keys at hand while the issuer is away, but not for ever", async () => {
    const tokens = verifier();
    await tokens.verify(await issuer.sign({ sub: "first" }));
    issuer.down = true;
    issuer.clock += ACCESS_LIMITS.jwksFreshMs + 1;
    expect(await tokens.verify(await issuer.sign({ sub: "second" }))).toBeDefined();
    issuer.clock += ACCESS_LIMITS.jwksKeepMs;
    await expect(tokens.verify(await issuer.sign({ sub: "third" }))).rejects.toMatchObject({
      code: "NL_ISSUER_UNAVAILABLE",
      status: 503,
    });
  });

  test("waits for an issuer that is away at the start, and is taken once it is there", async () => {
    const tokens = verifier();
    issuer.down = true;
    const token = await issuer.sign();
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: "NL_ISSUER_UNAVAILABLE" });
    issuer.down = false;
    issuer.clock += ACCESS_LIMITS.jwksRetryMs;
    expect(await tokens.verify(token)).toMatchObject({ name: "oidc:ada" });
  });

  test("that was checked lately is not checked again", async () => {
    const tokens = verifier();
    const token = await issuer.sign();
    const first = await tokens.verify(token);
    expect(await tokens.verify(token)).toBe(first);
  });
});

describe("attack:", () => {
  /** Why a token is refused, or that it is not. */
  const refusal = async (token: string, changes = {}): Promise<string> => {
    try {
      await verifier(changes).verify(token);
      return "it is taken";
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== "NL_TOKEN_INVALID") throw error;
      return error.message.replace("The access token is not valid: ", "");
    }
  };
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

  test("a token without a signature", async () => {
    const token = `${encoded({ alg: "none" })}.${encoded(payload())}.`;
    expect(await refusal(token)).toBe("its algorithm is not allowed");
    expect(issuer.asked).toEqual([]);
  });

  test("a token signed with the issuer's public key as a shared secret", async () => {
    const [key] = await issuer.publicKeys();
    for (const secret of [JSON.stringify(key), await jose.exportSPKI(await publicKey(key))]) {
      const token = await new jose.SignJWT(payload())
        .setProtectedHeader({ alg: "HS256", kid: "first" })
        .sign(new TextEncoder().encode(secret));
      expect(await refusal(token)).toBe("its algorithm is not allowed");
    }
  });

  test("an algorithm that the settings do not name", async () => {
    await issuer.rotate("small", "ES256");
    expect(await refusal(await issuer.sign(), { algorithms: ["RS256"] })).toBe(
      "its algorithm is not allowed",
    );
  });

  test("a key of the attacker's in the token's own header", async () => {
    const own = await TestIssuer.open();
    const [jwk] = await own.publicKeys();
    const token = await own.sign({}, jwk === undefined ? {} : { jwk });
    expect(await refusal(token)).toBe("its signature is not right");
  });

  test("a token of another issuer, by its own keys", async () => {
    const own = await TestIssuer.open();
    expect(await refusal(await own.sign())).toBe("its signature is not right");
    expect(await refusal(await issuer.sign({ iss: "https://evil.example" }))).toBe(
      "its issuer is another one",
    );
  });

  test("a token for another audience", async () => {
    expect(await refusal(await issuer.sign({ aud: "shop" }))).toBe("it is for somebody else");
    expect(await refusal(await issuer.sign({ aud: undefined }))).toBe("it is for somebody else");
  });

  test("a token that has expired, or never does", async () => {
    expect(await refusal(await issuer.sign({ exp: seconds() - 31 }))).toBe("it has expired");
    expect(await refusal(await issuer.sign({ exp: undefined }))).toBe(
      "it does not say when it expires",
    );
  });

  test("a token that is not valid yet", async () => {
    expect(await refusal(await issuer.sign({ nbf: seconds() + 60 }))).toBe("it is not valid yet");
  });

  test("clocks may differ by the tolerance and no more", async () => {
    expect(await verifier().verify(await issuer.sign({ exp: seconds() - 20 }))).toBeDefined();
    expect(
      await refusal(await issuer.sign({ exp: seconds() - 20 }), {
        clock_tolerance_seconds: 5,
      }),
    ).toBe("it has expired");
  });

  test("a token whose claims were changed", async () => {
    const [header, , signature] = (await issuer.sign()).split(".");
    const token = `${header}.${encoded(payload({ roles: ["admin"] }))}.${signature}`;
    expect(await refusal(token)).toBe("its signature is not right");
  });

  test("a flood of invented key ids does not become one of requests to the issuer", async () => {
    const tokens = verifier();
    await tokens.verify(await issuer.sign());
    const asked = issuer.asked.length;
    const flood = await Promise.all(
      Array.from({ length: 200 }, (_, at) => issuer.sign({}, { kid: `invented-${at}` })),
    );
    const outcomes = await Promise.allSettled(flood.map((token) => tokens.verify(token)));
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    expect(issuer.asked.length).toBe(asked);
    issuer.clock += ACCESS_LIMITS.jwksCooldownMs;
    await Promise.allSettled(flood.map((token) => tokens.verify(token)));
    expect(issuer.asked.length).toBeLessThanOrEqual(asked + 2);
  });

  test("a flood while the issuer is away asks it once", async () => {
    const tokens = verifier();
    issuer.down = true;
    const flood = await Promise.all(
      Array.from({ length: 100 }, (_, at) => issuer.sign({ sub: `s${at}` })),
    );
    await Promise.allSettled(flood.map((token) => tokens.verify(token)));
    await Promise.allSettled(flood.map((token) => tokens.verify(token)));
    expect(issuer.asked.length).toBe(1);
  });

  test("a discovery document of another issuer names no keys for ours", async () => {
    const fetched = async () =>
      Response.json({ issuer: "https://evil.example", jwks_uri: "https://evil.example/keys" });
    const tokens = createTokenVerifier(settings(), { fetch: fetched, now: issuer.now });
    await expect(tokens.verify(await issuer.sign())).rejects.toMatchObject({
      code: "NL_ISSUER_UNAVAILABLE",
    });
  });

  test("a key set without an end", async () => {
    const endless = async () =>
      new Response(
        new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }),
      );
    const tokens = createTokenVerifier(settings({ jwks_uri: `${ISSUER}/keys` }), {
      fetch: endless,
      now: issuer.now,
    });
    await expect(tokens.verify(await issuer.sign())).rejects.toMatchObject({
      code: "NL_ISSUER_UNAVAILABLE",
    });
  });

  test("a subject that would fill messages and logs", async () => {
    expect(await refusal(await issuer.sign({ sub: "x".repeat(201) }))).toBe("it names no subject");
    expect(await refusal(await issuer.sign({ sub: undefined }))).toBe("it names no subject");
  });

  test.each(["a.b.c", "eyJ.eyJ.x", `${"e30"}.${"e30"}.e30`])(
    "text that only looks like a token: %s",
    async (token) => {
      await expect(verifier().verify(token)).rejects.toMatchObject({ code: "NL_TOKEN_INVALID" });
    },
  );

  test("settings with a shared-secret algorithm, or an issuer without TLS", () => {
    expect(() => settings({ algorithms: ["HS256"] })).toThrow(/algorithms/);
    expect(() => settings({ algorithms: ["none"] })).toThrow(/algorithms/);
    expect(() => settings({ issuer: "http://issuer.example" })).toThrow(/must be https/);
  });
});

async function publicKey(jwk: jose.JWK | undefined): Promise<jose.CryptoKey> {
  const key = await jose.importJWK(jwk ?? {}, "RS256", { extractable: true });
  if (key instanceof Uint8Array) throw new Error("a public key is no secret");
  return key;
}
