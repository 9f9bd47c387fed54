import { z } from "zod";
import { type Manifest, nameOf } from "./manifest.ts";
import { ManifestError } from "./parse.ts";

/**
 * A NetworkPolicy as written, by the rules of networking.k8s.io/v1. Strict: a field that the proof
 * does not know could open a path that it does not see.
 */

const selector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).nullish(),
  matchExpressions: z
    .array(
      z.discriminatedUnion("operator", [
        z.strictObject({
          key: z.string(),
          operator: z.enum(["In", "NotIn"]),
          values: z.array(z.string()).min(1),
        }),
        z.strictObject({
          key: z.string(),
          operator: z.enum(["Exists", "DoesNotExist"]),
          values: z.array(z.string()).max(0).nullish(),
        }),
      ]),
    )
    .nullish(),
});

const peer = z
  .strictObject({
    podSelector: selector.nullish(),
    namespaceSelector: selector.nullish(),
    ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).nullish() }).nullish(),
  })
  .refine(
    (value) => (value.ipBlock ? 1 : 0) !== (value.podSelector || value.namespaceSelector ? 1 : 0),
    { error: "must have either selectors or an ipBlock" },
  );

const number = z.int().min(1).max(65_535);

// IANA_SVC_NAME. The look-ahead refuses `0x1f`, which Kubernetes would read as the number 31.
const portName = z
  .string()
  .regex(/^(?!0[xob])(?=.*[a-z])(?!.*--)[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?$/);

const port = z
  .strictObject({
    protocol: z.enum(["TCP", "UDP", "SCTP"]).nullish(),
    port: z.union([number, portName]).nullish(),
    endPort: number.nullish(),
  })
  .refine(
    ({ port: first, endPort }) =>
      endPort === undefined || endPort === null || (typeof first === "number" && endPort >= first),
    { error: "endPort needs a numeric port that is not above it" },
  );

const spec = z.strictObject({
  podSelector: selector.nullish(),
  policyTypes: z.array(z.enum(["Ingress", "Egress"])).nullish(),
  ingress: z
    .array(z.strictObject({ from: z.array(peer).nullish(), ports: z.array(port).nullish() }))
    .nullish(),
  egress: z
    .array(z.strictObject({ to: z.array(peer).nullish(), ports: z.array(port).nullish() }))
    .nullish(),
});

export type RawSelector = z.infer<typeof selector>;
export type RawPeer = z.infer<typeof peer>;
export type RawPort = z.infer<typeof port>;
export type RawPolicySpec = z.infer<typeof spec>;

export interface RawPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly spec: RawPolicySpec;
}

/** Throws ManifestError for a policy that the API server would refuse, or that says what the proof does not know. */
export function toRawPolicy(manifest: Manifest): RawPolicy {
  const parsed = spec.safeParse(manifest.body["spec"]);
  if (manifest.namespace === undefined) {
    throw new ManifestError(`${nameOf(manifest)} has no namespace`);
  }
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ManifestError(
      `${nameOf(manifest)} cannot be proven: spec.${issue?.path.join(".")}: ${issue?.message}`,
    );
  }
  return { namespace: manifest.namespace, name: manifest.name, spec: parsed.data };
}
