import { z } from "zod";

import { ROLES } from "./principal.ts";

/** Asymmetric ones alone: with HS256 whoever knows the issuer's public key could sign. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;

const text = z.string().min(1).max(255);
const url = z
  .url({ protocol: /^https?$/ })
  .max(1_024)
  .refine((value) => new URL(value).protocol === "https:" || isLoopback(value), {
    error: "must be https",
  });

/** The member `oidc` of access.json: whose access tokens are taken, and what their claims mean. */
export const oidcSchema = z.strictObject({
  issuer: url,
  /** A token is for us if it names any of them. */
  audience: z.union([text, z.array(text).min(1).max(16)]),
  /** Where the issuer's keys are; found by OpenID Connect Discovery when left out. */
  jwks_uri: url.optional(),
  algorithms: z.array(z.enum(ALGORITHMS)).min(1).default(["RS256", "ES256", "EdDSA"]),
  /** The claim with the roles: a name, or a path with dots. */
  roles_claim: text.default("roles"),
  /** What the claim's values mean; without it they are our roles' names. */
  roles: z.record(text, z.enum(ROLES)).optional(),
  /** The claim with the logical namespaces. */
  namespaces_claim: text.optional(),
  /** What a token reaches that has no such claim; nothing when left out. */
  namespaces: z.array(text).max(256).default([]),
  clock_tolerance_seconds: z.int().min(0).max(300).default(30),
});

export type OidcSettings = z.output<typeof oidcSchema>;

// For an issuer on the same machine: nobody reads or changes what does not leave it.
function isLoopback(value: string): boolean {
  return ["127.0.0.1", "[::1]", "localhost"].includes(new URL(value).hostname);
}
