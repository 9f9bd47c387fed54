/** Where the schemas come from, and of which kinds there is one. `npm run schemas` reads nothing else. */

export const KUBERNETES = "1.36.3";

/** Go modules, by version; go.sum's database vouches for their content. */
export const MODULES = {
  kubernetes: `k8s.io/kubernetes@v${KUBERNETES}`,
  // The Go types say which strings are enumerations; the OpenAPI document does not.
  api: "k8s.io/api@v0.36.3",
  apimachinery: "k8s.io/apimachinery@v0.36.3",
  gateway: "sigs.k8s.io/gateway-api@v1.6.3",
  externalSecrets: "github.com/external-secrets/external-secrets@v1.3.2",
  verticalPodAutoscaler: "k8s.io/autoscaler/vertical-pod-autoscaler@v1.8.1",
  certManager: "github.com/cert-manager/cert-manager@v1.21.2",
  prometheus: "github.com/prometheus-operator/prometheus-operator@v0.85.0",
  argocd: "github.com/argoproj/argo-cd/v3@v3.5.7",
  envoyGateway: "github.com/envoyproxy/gateway@v1.9.1",
} as const;

export type ModuleName = keyof typeof MODULES;

/** Kubernetes' own kinds, by their name in swagger.json: those in tenants' overlays, and in the platform's. */
export const KINDS: readonly string[] = [
  "core.v1.ConfigMap",
  "core.v1.LimitRange",
  "core.v1.Namespace",
  "core.v1.PersistentVolume",
  "core.v1.PersistentVolumeClaim",
  "core.v1.Pod",
  "core.v1.ResourceQuota",
  "core.v1.Secret",
  "core.v1.Service",
  "core.v1.ServiceAccount",
  "apps.v1.DaemonSet",
  "apps.v1.Deployment",
  "apps.v1.StatefulSet",
  "batch.v1.CronJob",
  "batch.v1.Job",
  "autoscaling.v2.HorizontalPodAutoscaler",
  "policy.v1.PodDisruptionBudget",
  "networking.v1.Ingress",
  "networking.v1.IngressClass",
  "networking.v1.NetworkPolicy",
  "rbac.v1.ClusterRole",
  "rbac.v1.ClusterRoleBinding",
  "rbac.v1.Role",
  "rbac.v1.RoleBinding",
  "scheduling.v1.PriorityClass",
  "storage.v1.StorageClass",
  "admissionregistration.v1.ValidatingAdmissionPolicy",
  "admissionregistration.v1.ValidatingAdmissionPolicyBinding",
];

/** Custom resources: the file of each definition inside its module. */
export const CRDS: readonly (readonly [ModuleName, string])[] = [
  ...["gatewayclasses", "gateways", "httproutes", "listenersets", "referencegrants"].map(
    (name) => ["gateway", `config/crd/standard/gateway.networking.k8s.io_${name}.yaml`] as const,
  ),
  ...["external-secrets.io_secretstores", "external-secrets.io_externalsecrets"].map(
    (name) => ["externalSecrets", `config/crds/bases/${name}.yaml`] as const,
  ),
  ["externalSecrets", "config/crds/bases/generators.external-secrets.io_passwords.yaml"],
  ["verticalPodAutoscaler", "deploy/vpa-v1-crd-gen.yaml"],
  ...["certificates", "clusterissuers", "issuers"].map(
    (name) => ["certManager", `deploy/crds/cert-manager.io_${name}.yaml`] as const,
  ),
  ...["podmonitors", "prometheusrules", "servicemonitors"].map(
    (name) =>
      ["prometheus", `example/prometheus-operator-crd/monitoring.coreos.com_${name}.yaml`] as const,
  ),
  ...[
    "backendtrafficpolicies",
    "clienttrafficpolicies",
    "envoyextensionpolicies",
    "envoyproxies",
  ].map(
    (name) =>
      [
        "envoyGateway",
        `charts/gateway-helm/charts/crds/crds/generated/gateway.envoyproxy.io_${name}.yaml`,
      ] as const,
  ),
  ...["application", "applicationset", "appproject"].map(
    (name) => ["argocd", `manifests/crds/${name}-crd.yaml`] as const,
  ),
];

/** Kinds of those files that nobody here needs. */
export const SKIPPED: ReadonlySet<string> = new Set(["VerticalPodAutoscalerCheckpoint"]);
