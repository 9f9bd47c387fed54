import type { Application } from "./objects/application.ts";
import type { Conditioned } from "./objects/conditioned.ts";
import type { Namespace } from "./objects/namespace.ts";
import type { Pod } from "./objects/pod.ts";
import type { Quota } from "./objects/quota.ts";
import type { Claim, Volume } from "./objects/volume.ts";
import type { Workload } from "./objects/workload.ts";
import { tenantOf, type Parts } from "./parts.ts";

/** All that is one tenant's. */
export type Belongings = {
  application: Application | undefined;
  namespaces: Namespace[];
  quotas: Quota[];
  workloads: Workload[];
  pods: Pod[];
  /** Autoscalers, routes, secrets from a vault. */
  conditioned: Conditioned[];
  claims: Claim[];
  volumes: Volume[];
};

export const nothing = (): Belongings => ({
  application: undefined,
  namespaces: [],
  quotas: [],
  workloads: [],
  pods: [],
  conditioned: [],
  claims: [],
  volumes: [],
});

/** Every object to its tenant, by the name of its namespace: labels can be written by others. */
export function byTenant(parts: Parts): Map<string, Belongings> {
  const tenants = new Map<string, Belongings>();
  const of = (namespace: string): Belongings | undefined => {
    const id = tenantOf(namespace);
    if (id === undefined) return undefined;
    const there = tenants.get(id) ?? nothing();
    tenants.set(id, there);
    return there;
  };
  for (const application of parts.applications.values()) {
    const own = isTenants(application) ? of(application.name) : undefined;
    if (own !== undefined) own.application = application;
  }
  for (const each of parts.namespaces.values()) of(each.name)?.namespaces.push(each);
  for (const each of parts.quotas.values()) of(each.namespace)?.quotas.push(each);
  for (const each of parts.deployments.values()) of(each.namespace)?.workloads.push(each);
  for (const each of parts.statefulSets.values()) of(each.namespace)?.workloads.push(each);
  for (const each of parts.pods.values()) of(each.namespace)?.pods.push(each);
  for (const part of [parts.autoscalers, parts.routes, parts.externalSecrets]) {
    for (const each of part.values()) of(each.namespace)?.conditioned.push(each);
  }
  for (const each of parts.claims.values()) of(each.namespace)?.claims.push(each);
  for (const each of parts.volumes.values()) {
    const namespace = each.claim.split("/")[0] ?? "";
    // What is left of a tenant that is gone is the volume's story, not a tenant's.
    if (tenants.has(tenantOf(namespace) ?? "")) of(namespace)?.volumes.push(each);
  }
  return tenants;
}

const isTenants = ({ name, project }: Application): boolean =>
  project === "tenants" && name.startsWith("tenant-") && !name.includes("-org-");
