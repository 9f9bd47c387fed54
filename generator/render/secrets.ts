// Secrets by reference. Where a cluster has External Secrets, each namespace gets a store of its own; elsewhere people
// apply what `npm run secrets` prints, and nothing of it is rendered.
import { KEY_HASHES_SECRET } from "../plan/names.ts";
import type { NamespacePlan, Plan, SecretsPlan } from "../plan/plan.ts";
import type { View } from "./templates.ts";

/** Secrets that the bases name. */
export const redisAclSecret = "redis-acl";
export const redisClientsSecret = "redis-clients";
export const archiveSecret = "archive-passwords";
export const mcpKeySecret = "mcp-log-service-key";

type Vault = Extract<SecretsPlan, { provider: "external-secrets" }>;

/** Components of a namespace that fetch its Secrets; none where people apply them. */
export function secretComponents(plan: Plan, namespace: NamespacePlan): string[] {
  if (plan.secrets.provider === "manual" || namespace.role === "organization") return [];
  if (namespace.role === "mcp") return ["external-secrets", "external-secrets-mcp"];
  return [
    "external-secrets",
    ...(plan.redis.mode === "standalone" ? ["external-secrets-redis"] : []),
    ...(plan.archive === null ? [] : ["external-secrets-archive"]),
    "external-secrets-log-service",
  ];
}

/** The Secrets that those components fetch. */
function componentSecrets(plan: Plan, namespace: NamespacePlan): string[] {
  if (namespace.role === "mcp") return [mcpKeySecret];
  return [
    ...(plan.redis.mode === "standalone" ? [redisAclSecret, redisClientsSecret] : []),
    ...(plan.archive === null ? [] : [archiveSecret]),
    KEY_HASHES_SECRET,
  ];
}

/** View of the patches of a namespace's store and of the components' ExternalSecrets. */
export function secretsView(plan: Plan, namespace: NamespacePlan): View {
  const { secrets } = plan;
  if (secrets.provider === "manual") return { hasSecrets: false };
  const { server, path, auth, role } = secrets.vault;
  return {
    hasSecrets: true,
    vault: { server, path, mountPath: auth, role },
    externalSecrets: componentSecrets(plan, namespace).map((name) =>
      externalSecretView(secrets, namespace, name),
    ),
  };
}

/** Secrets of names that the record chose: an ExternalSecret each, in a folder of its own. */
export function furtherSecrets(
  plan: Plan,
  namespace: NamespacePlan,
): { folder: string; view: View }[] {
  const { secrets } = plan;
  if (secrets.provider === "manual" || namespace.role !== "root") return [];
  const names = new Set(plan.access.keys.map((key) => key.secret.name));
  if (plan.redis.mode === "external") names.add(plan.redis.secretName);
  const { tls } = plan.logService;
  if (tls !== null) names.add(tls.secretName);
  if (tls !== null && tls.clientCa !== null) names.add(tls.clientCa.secretName);
  names.delete(KEY_HASHES_SECRET);
  return [...names].sort().map((name) => ({
    folder: `secret-${name}`,
    view: externalSecretView(secrets, namespace, name),
  }));
}

/** Where a Secret is at the provider: `<prefix>/<secret>`, an organization's or its endpoint's `<prefix>/<organization>/<secret>`. */
export const providerPath = (keyPrefix: string, namespace: NamespacePlan, name: string): string =>
  `${keyPrefix}/${namespace.role === "root" ? "" : `${namespace.organization}/`}${name}`;

/** View of one ExternalSecret: all entries at its path. */
function externalSecretView(secrets: Vault, namespace: NamespacePlan, name: string): View {
  const key = providerPath(secrets.vault.keyPrefix, namespace, name);
  return { name, entries: [{ extract: { key, ...COMPLETE } }], refresh: secrets.refresh };
}

/** What the API server would add: to it the list is one value, and any difference is drift. */
const COMPLETE = {
  conversionStrategy: "Default",
  decodingStrategy: "None",
  metadataPolicy: "None",
};
