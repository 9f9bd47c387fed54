import type { Change, ObjectChange, Step } from "../model/model.ts";
import { groupOf } from "../compare/objects.ts";
import { pathText } from "../compare/fields.ts";

/** Fields that the API server lets nobody change: by API group and kind, paths from the object's root. */
interface Fixed {
  readonly fields: readonly string[];
  /** Parts of the fields that may change all the same. */
  readonly but?: readonly string[];
}

// From the update validations of Kubernetes 1.36 and the CEL rules of the CRDs that we render.
const FIXED: Readonly<Record<string, Fixed>> = {
  "apps/Deployment": { fields: ["spec.selector"] },
  "apps/DaemonSet": { fields: ["spec.selector"] },
  "apps/ReplicaSet": { fields: ["spec.selector"] },
  "apps/StatefulSet": {
    fields: ["spec"],
    but: [
      "spec.replicas",
      "spec.ordinals",
      "spec.template",
      "spec.updateStrategy",
      "spec.revisionHistoryLimit",
      "spec.persistentVolumeClaimRetentionPolicy",
      "spec.minReadySeconds",
    ],
  },
  "batch/Job": {
    fields: [
      "spec.selector",
      "spec.template",
      "spec.completions",
      "spec.completionMode",
      "spec.podFailurePolicy",
      "spec.successPolicy",
      "spec.backoffLimitPerIndex",
      "spec.managedBy",
    ],
  },
  "/PersistentVolumeClaim": {
    fields: ["spec"],
    but: ["spec.resources.requests", "spec.volumeAttributesClassName"],
  },
  "/Service": {
    fields: [
      "spec.clusterIP",
      "spec.clusterIPs",
      "spec.loadBalancerClass",
      "spec.healthCheckNodePort",
    ],
  },
  "/Secret": { fields: ["type"] },
  "/ResourceQuota": { fields: ["spec.scopes", "spec.scopeSelector"] },
  "rbac.authorization.k8s.io/RoleBinding": { fields: ["roleRef"] },
  "rbac.authorization.k8s.io/ClusterRoleBinding": { fields: ["roleRef"] },
  "scheduling.k8s.io/PriorityClass": { fields: ["value", "preemptionPolicy"] },
  "storage.k8s.io/StorageClass": {
    fields: ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"],
  },
  "networking.k8s.io/IngressClass": { fields: ["spec.controller"] },
  "gateway.networking.k8s.io/GatewayClass": { fields: ["spec.controllerName"] },
  "apiextensions.k8s.io/CustomResourceDefinition": {
    fields: ["spec.group", "spec.scope", "spec.names.kind", "spec.names.plural"],
  },
};

type Changed = Extract<ObjectChange, { change: "changed" }>;

/** The changes of an object that the API server refuses. `before` is what the object was. */
export function refusedChanges(
  object: Changed,
  before: Readonly<Record<string, unknown>>,
): Change[] {
  const rule = FIXED[`${groupOf(object.apiVersion)}/${object.kind}`];
  const frozen =
    (object.kind === "ConfigMap" || object.kind === "Secret") && before["immutable"] === true;
  const fields = [
    ...(rule?.fields ?? []),
    ...(frozen ? ["data", "binaryData", "stringData", "immutable"] : []),
  ];
  return object.fields.filter(({ at }) => {
    const path = at.map(keyOf);
    const inside = (field: string): boolean => {
      const parts = field.split(".");
      // A change above the field replaces it too.
      return parts.slice(0, path.length).every((part, i) => part === path[i]);
    };
    const below = (field: string): boolean => field.split(".").every((part, i) => part === path[i]);
    return fields.some(inside) && !(rule?.but ?? []).some(below);
  });
}

const keyOf = (step: Step): string => (typeof step === "string" ? step : pathText([step]));
