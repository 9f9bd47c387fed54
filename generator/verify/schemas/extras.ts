import { labels } from "./envelope.ts";
import type { JsonSchema } from "./json-schema.ts";

/**
 * What the API server also asks of a field and no published schema says: the keys of maps that look
 * free, and the range of ports. Found by breaking real overlays and counting what slipped through.
 */

const COMPUTE = "cpu|memory|ephemeral-storage";
const onlyKeys = (pattern: string): JsonSchema => ({
  propertyNames: { pattern: `^(${pattern})$` },
});

const containerResources = onlyKeys(`${COMPUTE}|hugepages-[^/]+|[^/]+/[^/]+`);
const ranged = onlyKeys(`${COMPUTE}|storage`);
const hard = onlyKeys(
  `${COMPUTE}|(requests|limits)\\.(${COMPUTE})|requests\\.(storage|[^/]+/[^/]+)|pods|services|` +
    "services\\.(loadbalancers|nodeports)|configmaps|secrets|persistentvolumeclaims|" +
    "replicationcontrollers|resourcequotas|count/[^/]+|[^/]+\\.storageclass\\.storage\\.k8s\\.io/.+",
);
const port: JsonSchema = { minimum: 1, maximum: 65_535 };
const count: JsonSchema = { minimum: 0 };
const mode: JsonSchema = { minimum: 0, maximum: 0o777 };
const duration: JsonSchema = { pattern: "^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h))+$" };
const scaled: JsonSchema = { enum: ["Deployment", "StatefulSet"] };
const share: JsonSchema = { pattern: "^[0-9]{1,3}%$" };

/** Kind -> path of a field in a custom resource, `*` for list items -> what its schema also gets. */
export const CRD_EXTRAS: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>> = {
  ExternalSecret: { "spec.refreshInterval": duration },
  HTTPRoute: {
    "spec.parentRefs.*.kind": { enum: ["Gateway"] },
    "spec.rules.*.backendRefs.*.kind": { enum: ["Service"] },
  },
  VerticalPodAutoscaler: {
    "spec.targetRef.kind": scaled,
    "spec.resourcePolicy.containerPolicies.*.maxAllowed": containerResources,
    "spec.resourcePolicy.containerPolicies.*.minAllowed": containerResources,
  },
};

/** Fields that the API server asks for although the documents call them optional. */
export const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  "core.v1.Container": ["image"],
  "core.v1.ConfigMapVolumeSource": ["name"],
  "core.v1.PodTemplateSpec": ["metadata", "spec"],
  "core.v1.SecretKeySelector": ["name"],
  "core.v1.SecretVolumeSource": ["secretName"],
  "networking.v1.NetworkPolicySpec": ["podSelector"],
};

/** Definition in swagger.json -> field -> what its schema also gets. */
export const EXTRAS: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>> = {
  "core.v1.ResourceRequirements": { limits: containerResources, requests: containerResources },
  "core.v1.VolumeResourceRequirements": {
    limits: onlyKeys("storage"),
    requests: onlyKeys("storage"),
  },
  "core.v1.ResourceQuotaSpec": { hard },
  "core.v1.LimitRangeItem": {
    default: ranged,
    defaultRequest: ranged,
    max: ranged,
    min: ranged,
    maxLimitRequestRatio: ranged,
  },
  "core.v1.ContainerPort": { containerPort: port },
  "core.v1.ServicePort": { port, targetPort: port },
  "core.v1.HTTPGetAction": { port },
  "core.v1.TCPSocketAction": { port },
  "core.v1.Capabilities": {
    add: { items: { type: "string", pattern: "^[A-Z_]+$" } },
    drop: { items: { type: "string", pattern: "^[A-Z_]+$" } },
  },
  "core.v1.SleepAction": { seconds: count },
  "core.v1.SecretVolumeSource": { defaultMode: mode },
  "core.v1.ConfigMapVolumeSource": { defaultMode: mode },
  "core.v1.ProjectedVolumeSource": { defaultMode: mode },
  "core.v1.TopologySpreadConstraint": { maxSkew: { minimum: 1 } },
  "core.v1.ServiceSpec": { selector: labels },
  "core.v1.PodSpec": {
    nodeSelector: labels,
    terminationGracePeriodSeconds: count,
  },
  "core.v1.PodSecurityContext": {
    runAsUser: count,
    runAsGroup: count,
    fsGroup: count,
  },
  "core.v1.SecurityContext": { runAsUser: count, runAsGroup: count },
  "core.v1.Probe": {
    failureThreshold: { minimum: 1 },
    periodSeconds: { minimum: 1 },
    timeoutSeconds: { minimum: 1 },
    successThreshold: { minimum: 1 },
    initialDelaySeconds: count,
  },
  "networking.v1.NetworkPolicyPort": { port, endPort: port },
  "networking.v1.IPBlock": {
    cidr: { pattern: "^[0-9a-fA-F.:]+/[0-9]{1,3}$" },
  },
  "apps.v1.RollingUpdateDeployment": { maxSurge: share, maxUnavailable: share },
  "policy.v1.PodDisruptionBudgetSpec": { maxUnavailable: share, minAvailable: share },
  "rbac.v1.RoleRef": { kind: { enum: ["Role", "ClusterRole"] } },
  "rbac.v1.Subject": { kind: { enum: ["User", "Group", "ServiceAccount"] } },
  "apps.v1.DeploymentSpec": { replicas: count, revisionHistoryLimit: count },
  "apps.v1.StatefulSetSpec": { replicas: count, revisionHistoryLimit: count },
  "autoscaling.v2.HorizontalPodAutoscalerSpec": {
    minReplicas: { minimum: 1 },
    maxReplicas: { minimum: 1 },
  },
  "autoscaling.v2.MetricTarget": { averageUtilization: { minimum: 1 } },
  "autoscaling.v2.CrossVersionObjectReference": { apiVersion: { minLength: 1 }, kind: scaled },
  "autoscaling.v2.HPAScalingRules": { stabilizationWindowSeconds: count },
  "meta.v1.LabelSelector": { matchLabels: labels },
};
