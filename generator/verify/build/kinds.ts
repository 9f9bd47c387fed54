import type { ClusterRecord } from "../../record/schema/cluster.ts";

/** A kind that a tenant's overlay may hold, by its real group; `offered` where not every cluster has it. */
export interface TenantKind {
  readonly group: string;
  readonly kind: string;
  readonly offered?: (cluster: ClusterRecord) => boolean;
}

const external = ({ secrets }: ClusterRecord): boolean => secrets.provider === "external-secrets";

/**
 * What the bases and their components render. Other kinds, like Role, ClusterRoleBinding, ReferenceGrant
 * or EndpointSlice, give rights or open paths that nothing here looks at. The AppProject of each
 * cluster lets Argo CD apply these and no others.
 */
export const TENANT_KINDS: readonly TenantKind[] = [
  { group: "", kind: "ConfigMap" },
  { group: "", kind: "LimitRange" },
  { group: "", kind: "Namespace" },
  { group: "", kind: "PersistentVolumeClaim" },
  { group: "", kind: "ResourceQuota" },
  { group: "", kind: "Service" },
  { group: "", kind: "ServiceAccount" },
  { group: "apps", kind: "Deployment" },
  { group: "apps", kind: "StatefulSet" },
  { group: "autoscaling", kind: "HorizontalPodAutoscaler" },
  {
    group: "autoscaling.k8s.io",
    kind: "VerticalPodAutoscaler",
    offered: ({ verticalPodAutoscaler }) => verticalPodAutoscaler,
  },
  { group: "external-secrets.io", kind: "ExternalSecret", offered: external },
  { group: "external-secrets.io", kind: "SecretStore", offered: external },
  {
    group: "gateway.networking.k8s.io",
    kind: "HTTPRoute",
    offered: ({ exposure }) => exposure.gateway !== undefined,
  },
  {
    group: "networking.k8s.io",
    kind: "Ingress",
    offered: ({ exposure }) => exposure.ingress !== undefined,
  },
  { group: "networking.k8s.io", kind: "NetworkPolicy" },
  { group: "policy", kind: "PodDisruptionBudget" },
  { group: "rbac.authorization.k8s.io", kind: "RoleBinding" },
];

/** `apps/Deployment`, `/Service`: a kind with its group, without the version. */
export function groupKind({ apiVersion, kind }: { apiVersion: string; kind: string }): string {
  const [group, version] = apiVersion.split("/");
  return `${version === undefined ? "" : group}/${kind}`;
}
