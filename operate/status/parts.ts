import { KINDS } from "../kubernetes/kinds.ts";
import { textsAt } from "../../tools/values.ts";
import { applicationOf, applicationSetOf } from "./objects/application.ts";
import { conditionedOf } from "./objects/conditioned.ts";
import { namespaceOf } from "./objects/namespace.ts";
import { podOf } from "./objects/pod.ts";
import { quotaOf } from "./objects/quota.ts";
import { claimOf, volumeOf } from "./objects/volume.ts";
import { workloadOf } from "./objects/workload.ts";
import { Part } from "./part.ts";

/** Where Argo CD lives, and where the platform keeps what it knows. */
export const ARGOCD = "argocd";
export const SYSTEM = "neurallog-system";

/** Everything that a status is made of: one list for each kind, whatever the number of tenants. */
export function partsOf(tenant: string | undefined) {
  // By label alone: what teams run in their own namespaces is theirs.
  const labels = tenant === undefined ? "neurallog.dev/tenant" : `neurallog.dev/tenant=${tenant}`;
  const own = { labels };
  return {
    applications: new Part(
      KINDS.applications,
      {
        namespace: ARGOCD,
        ...(tenant === undefined ? {} : { fields: `metadata.name=tenant-${tenant}` }),
      },
      "revision, sync, health, drift and errors of Argo CD",
      applicationOf,
    ),
    applicationSets: new Part(
      KINDS.applicationSets,
      { namespace: ARGOCD },
      "whether new tenants get an Application",
      applicationSetOf,
    ),
    // All of them: a namespace that lost its labels is still its tenant's, by its name.
    namespaces: new Part(KINDS.namespaces, {}, "namespaces and states", namespaceOf),
    quotas: new Part(KINDS.resourceQuotas, own, "quota used", quotaOf),
    deployments: new Part(
      KINDS.deployments,
      own,
      "pods wanted of Deployments",
      workloadOf("Deployment"),
    ),
    statefulSets: new Part(
      KINDS.statefulSets,
      own,
      "pods wanted of StatefulSets",
      workloadOf("StatefulSet"),
    ),
    pods: new Part(KINDS.pods, own, "pods, restarts and what they wait for", podOf),
    autoscalers: new Part(
      KINDS.autoscalers,
      own,
      "whether autoscaling works",
      conditionedOf("HorizontalPodAutoscaler"),
    ),
    // A cluster has one of the two, or both, or neither: that is no gap.
    routes: new Part(
      KINDS.routes,
      own,
      "whether hosts are routed",
      conditionedOf("HTTPRoute"),
      "may be missing",
    ),
    externalSecrets: new Part(
      KINDS.externalSecrets,
      own,
      "whether secrets arrive",
      conditionedOf("ExternalSecret"),
      "may be missing",
    ),
    claims: new Part(KINDS.volumeClaims, own, "volume claims", claimOf),
    volumes: new Part(KINDS.volumes, {}, "reclaim policies of volumes", volumeOf),
    receipts: new Part(
      KINDS.configMaps,
      { namespace: SYSTEM, fields: "metadata.name=offboarded" },
      "which tenants were off-boarded",
      (object) => Object.keys(textsAt(object, "data")),
    ),
  };
}

export type Parts = ReturnType<typeof partsOf>;

/** The tenant that a namespace is of, by its name: ids have no `-org-` inside. */
export const tenantOf = (namespace: string): string | undefined =>
  /^tenant-(?<id>.+?)(?:-org-.+)?$/.exec(namespace)?.groups?.["id"];
