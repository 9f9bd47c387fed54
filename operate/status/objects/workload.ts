import { numberAt } from "../../../tools/values.ts";
import { conditionsOf, type Condition } from "./conditions.ts";
import { identityOf, type Identity } from "./identity.ts";

/** A Deployment or a StatefulSet. */
export type Workload = Identity & {
  kind: "Deployment" | "StatefulSet";
  wanted: number;
  ready: number;
  updated: number;
  /** Its controller has seen its newest version. */
  observed: boolean;
  conditions: Condition[];
};

export const workloadOf =
  (kind: Workload["kind"]) =>
  (object: unknown): Workload => ({
    ...identityOf(object),
    kind,
    wanted: numberAt(object, "spec", "replicas") ?? 1,
    ready: numberAt(object, "status", "readyReplicas") ?? 0,
    updated: numberAt(object, "status", "updatedReplicas") ?? 0,
    observed:
      (numberAt(object, "status", "observedGeneration") ?? 0) >=
      (numberAt(object, "metadata", "generation") ?? 0),
    conditions: conditionsOf(object),
  });
