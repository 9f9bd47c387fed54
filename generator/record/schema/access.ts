import { z } from "zod";
import * as limits from "../../limits.ts";
import { addressRange } from "./network.ts";
import { dnsLabel, moment, objectName, port, secretKey } from "./scalars.ts";

/** Who may call the log service, and how they show who they are. */

export const role = z.enum(["writer", "reader", "admin"]);

export const logicalNamespaces = (what: string) =>
  z
    .array(dnsLabel("A logical namespace's name, or '*' for all of them.").or(z.literal("*")))
    .min(1)
    .max(100)
    .meta({ description: what });

const roles = (what: string) =>
  z.array(role).min(1).max(role.options.length).meta({ description: what });

/** What an API key and a client certificate have in common. */
const wayIn = (what: string) => ({
  role: role
    .meta({ description: "writer: sends. reader: searches. admin: both, and administers." })
    .optional(),
  roles: roles("Several roles in role's place: what any of them allows.").optional(),
  namespaces: logicalNamespaces(
    `Logical namespaces that the ${what} may use; all when left out.`,
  ).optional(),
  expires: moment(
    `A day, or a moment like 2027-01-31T12:00:00Z, from which on the ${what} opens nothing; never when left out.`,
  ).optional(),
});

const key = z
  .strictObject({
    name: dnsLabel("Names the key in logs and rate limits."),
    ...wayIn("key"),
    secret: z
      .strictObject({
        name: objectName("Name of the Secret.").optional(),
        key: secretKey("The entry in it; the key's name when left out.").optional(),
      })
      .meta({ description: "Where the key's hash is; never the key itself." })
      .optional(),
  })
  .meta({ description: "An API key." });

const certificate = z
  .strictObject({
    name: dnsLabel("Names the caller in logs and rate limits."),
    ...wayIn("certificate"),
    subject: z
      .string()
      .max(limits.MAX_SUBJECT)
      .regex(/^(?:cn|dns|uri|email):[!-~](?:[ -~]*[!-~])?$/, {
        error: "must be a name in the certificate with its kind: cn:, dns:, uri: or email:",
      })
      .meta({ description: "A name in the certificate, its kind before it: dns:agent.example." }),
  })
  .meta({ description: "A client certificate that logService.tls.clientCa has signed." });

const claim = (what: string) =>
  z
    .string()
    .max(limits.MAX_CLAIM)
    .regex(/^[!-~](?:[ -~]*[!-~])?$/, { error: "must be printable ASCII, without blanks around" })
    .meta({ description: what });

/** Plain HTTP would let whoever is between read and change the keys that tokens are checked by. */
const httpsUrl = (what: string) =>
  z
    .string()
    .max(1024)
    .superRefine((text, context) => {
      if (isHttps(text)) return;
      const secure = text.replace(/^http:/, "https:");
      context.addIssue({
        code: "custom",
        message: "must be an https:// address without user, query and fragment",
        params: { suggestion: isHttps(secure) ? secure : undefined },
      });
    })
    .meta({ description: what, pattern: "^https://" });

function isHttps(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "https:" || /[^!-~]/.test(text)) return false;
  return url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

/** No organization: its namespace could not let the log service in. */
const issuerPlace = z
  .strictObject({
    ...addressRange,
    namespace: z
      .string()
      .meta({ description: "One of the cluster's shared namespaces." })
      .optional(),
  })
  .meta({ description: "Where the issuer is: exactly one of cidr and namespace." });

const oidc = z
  .strictObject({
    issuer: httpsUrl("The issuer, letter by letter as tokens name it."),
    audience: z
      .union([claim("Whom a token has to be for."), z.array(claim("An audience.")).min(1).max(16)])
      .meta({ description: "Whom tokens have to be for; with several, any of them." }),
    jwksUri: httpsUrl(
      "Where the issuer's keys are; asked from its discovery document when left out.",
    ).optional(),
    algorithms: z
      .array(
        z.enum([
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
        ]),
      )
      .min(1)
      .max(10)
      .meta({ description: "Signatures that are taken; symmetric ones never are." })
      .optional(),
    rolesClaim: claim("Claim with the roles: a name, or a path with dots.").optional(),
    roles: z
      .record(claim("A value of the claim."), role)
      .refine((values) => Object.keys(values).length > 0, { error: "must name at least one" })
      .meta({ description: "What the claim's values mean; our own names when left out." })
      .optional(),
    namespacesClaim: claim("Claim with the logical namespaces.").optional(),
    namespaces: logicalNamespaces(
      "Logical namespaces of tokens that have no such claim.",
    ).optional(),
    clockTolerance: z
      .int()
      .min(0)
      .max(300)
      .meta({ description: "Seconds that the issuer's clock may be off." })
      .optional(),
    egress: z
      .strictObject({
        to: z
          .array(issuerPlace)
          .min(1)
          .max(limits.MAX_PEERS)
          .meta({ description: "Where the issuer answers: the only way out that this opens." }),
        ports: z
          .array(port("A port."))
          .min(1)
          .max(limits.MAX_PORTS)
          .meta({ description: "TCP ports; those of issuer and jwksUri when left out." })
          .optional(),
      })
      .meta({ description: "The log service's way to the issuer, for its keys." }),
  })
  .meta({ description: "Access tokens of an OpenID Connect issuer." });

export const access = z
  .strictObject({
    keys: z.array(key).max(limits.MAX_KEYS).meta({ description: "API keys." }).optional(),
    certificates: z
      .array(certificate)
      .max(limits.MAX_KEYS)
      .meta({ description: "Client certificates." })
      .optional(),
    oidc: oidc.optional(),
  })
  .meta({ description: "Who may call the log service." });

export type Role = z.infer<typeof role>;
export type KeyRecord = z.infer<typeof key>;
export type CertificateRecord = z.infer<typeof certificate>;
export type OidcRecord = z.infer<typeof oidc>;
