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
  "core.v1.ServicePort": { port },
  "core.v1.ServiceSpec": { selector: labels },
  "core.v1.PodSpec": {
    nodeSelector: labels,
    terminationGracePeriodSeconds: count,
    automountServiceAccountToken: { type: "boolean" },
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
  "networking.v1.NetworkPolicyPort": { endPort: port },
  "networking.v1.IPBlock": {
    cidr: { pattern: "^[0-9a-fA-F.:]+/[0-9]{1,3}$" },
  },
  "apps.v1.DeploymentSpec": { replicas: count, revisionHistoryLimit: count },
  "apps.v1.StatefulSetSpec": { replicas: count, revisionHistoryLimit: count },
  "autoscaling.v2.HorizontalPodAutoscalerSpec": {
    minReplicas: { minimum: 1 },
    maxReplicas: { minimum: 1 },
  },
  "autoscaling.v2.MetricTarget": { averageUtilization: { minimum: 1 } },
  "autoscaling.v2.CrossVersionObjectReference": {
    apiVersion: { minLength: 1 },
  },
  "meta.v1.LabelSelector": { matchLabels: labels },
};
