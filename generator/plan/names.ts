/** Names that a tenant has in Kubernetes. Everything that spells one of them does it here. */

export const rootNamespace = (tenant: string): string => `tenant-${tenant}`;
export const organizationNamespace = (tenant: string, organization: string): string =>
  `tenant-${tenant}-org-${organization}`;
export const mcpNamespace = (tenant: string, organization: string): string =>
  `tenant-${tenant}-org-${organization}-mcp`;

/** Whether a namespace is some tenant's: no other may begin so. */
export const isTenantNamespace = (name: string): boolean => name.startsWith("tenant-");

/** What a custom rule calls the namespaces: root, an organization, or its MCP namespace. */
export const ROOT = "root";
export const mcpRuleNamespace = (organization: string): string => `${organization}-mcp`;

/** Labels without a domain get ours, so that none can pass for one that a cluster's own policies select. */
export const LABEL_PREFIX = "labels.neurallog.dev/";

/** Domains whose labels mean something to Kubernetes, to Argo CD or to our own policies. */
const RESERVED = [
  "kubernetes.io",
  "k8s.io",
  "neurallog.dev",
  "argoproj.io",
  "cert-manager.io",
  "external-secrets.io",
];

/** The reserved domain that a label belongs to, or undefined. */
export function reservedDomain(label: string): string | undefined {
  const slash = label.indexOf("/");
  if (slash === -1) return undefined;
  const domain = label.slice(0, slash);
  return RESERVED.find((name) => domain === name || domain.endsWith(`.${name}`));
}

export const KEY_HASHES_SECRET = "log-service-key-hashes";

/** The API key of an organization's MCP endpoint. Records cannot name keys so. */
export const MCP_KEY_PREFIX = "mcp-";
export const mcpKeyName = (organization: string): string => `${MCP_KEY_PREFIX}${organization}`;

/** The rule of the root namespace that leads to the issuer of access tokens. Records cannot name rules so. */
export const OIDC_RULE = "oidc-issuer";

/** The logical namespace of the log service's own account of what administrators did. */
export const AUDIT_NAMESPACE = "audit";

/** A tenant's database on a server of the cluster. An id has no underscore, so that no two tenants meet in one name. */
export const databaseOf = (pattern: string, tenant: string): string =>
  pattern.replace("{tenant}", tenant.replaceAll("-", "_"));
