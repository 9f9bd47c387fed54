import { cidr } from "../record/cidr.ts";
import type { Report } from "../record/check.ts";
import { didYouMean } from "../record/suggest.ts";
import type { ClusterRecord } from "../record/schema/cluster.ts";
import { ALWAYS_PROTECTED } from "./addresses.ts";
import type { ClusterContext } from "./context.ts";
import type { ClusterPlan, ExposurePlan, PodsPlan } from "./plan.ts";

/** Where kubeadm, kops and the managed clusters keep the cluster's DNS. */
const KUBE_DNS: PodsPlan = { namespace: "kube-system", podLabels: { "k8s-app": "kube-dns" } };

/** Node-local DNS listens on this address of every node. */
const NODE_LOCAL_DNS = "169.254.20.10/32";

/** A cluster's record resolved, with what is wrong with it reported. */
export function planCluster(
  record: ClusterRecord,
  releases: readonly string[],
  report: Report,
): ClusterContext {
  checkStorageClasses(record, report);
  checkReleases(record, releases, report);
  checkSharedNamespaces(record, report);
  if (record.dns.customHosts === true && record.exposure.gateway !== undefined) {
    report("cluster-custom-hosts", {}, ["dns", "customHosts"], "key");
  }
  const { nodeCidrs, podCidrs, serviceCidrs, metadataCidrs = [] } = record.network;
  const own = [...nodeCidrs, ...podCidrs, ...serviceCidrs, ...metadataCidrs, ...ALWAYS_PROTECTED];
  // Another tenant's managed Redis is as much another tenant as its pods are.
  const managed = record.redis.externalCidrs ?? [];
  const plan: ClusterPlan = {
    name: record.name,
    kubernetes: record.kubernetes,
    argocd: record.argocd,
    exposure: exposure(record),
    dns: {
      resolver: record.dns.resolver ?? KUBE_DNS,
      cidrs: [
        ...(record.dns.nodeLocal === true ? [NODE_LOCAL_DNS] : []),
        ...(record.dns.resolverCidrs ?? []),
      ],
    },
    monitoring: record.monitoring,
    protectedCidrs: [...new Set([...own, ...managed])],
    podCidrs,
    imagePullSecrets: record.imagePullSecrets ?? [],
    secretsProvider: record.secrets.provider,
  };
  const ownRanges = [...new Set(own)].map((text) => cidr(text));
  const redisRanges = managed.map((text) => cidr(text));
  return { record, plan, protectedRanges: [...ownRanges, ...redisRanges], ownRanges, redisRanges };
}

function exposure(record: ClusterRecord): ExposurePlan {
  const { gateway, ingress } = record.exposure;
  if (gateway !== undefined) {
    const { name, namespace, listener, controller } = gateway;
    return { kind: "gateway", gateway: { name, namespace, listener }, controller };
  }
  // The schema lets a record through only with one of the two.
  if (ingress === undefined) throw new Error(`cluster ${record.name} has no exposure`);
  return { kind: "ingress", ...ingress };
}

function checkStorageClasses(record: ClusterRecord, report: Report): void {
  const seen = new Set<string>();
  let theDefault: string | undefined;
  record.storageClasses.forEach(({ name, default: isDefault }, i) => {
    if (seen.has(name)) {
      report(
        "duplicate-name",
        { what: "storage class", name },
        ["storageClasses", i, "name"],
        "value",
      );
    }
    seen.add(name);
    if (isDefault !== true) return;
    if (theDefault !== undefined) {
      const reason = `'${theDefault}' is the default already`;
      report("cluster-default-class", { reason }, ["storageClasses", i, "default"], "key");
    }
    theDefault = name;
  });
}

function checkReleases(record: ClusterRecord, releases: readonly string[], report: Report): void {
  for (const channel of ["stable", "canary"] as const) {
    const { release } = record.channels[channel];
    if (releases.includes(release)) continue;
    const path = ["channels", channel, "release"];
    const values = { what: "such release under bases/:", name: release };
    report("unknown-reference", values, path, "value", didYouMean(release, releases));
  }
}

function checkSharedNamespaces(record: ClusterRecord, report: Report): void {
  (record.network.sharedNamespaces ?? []).forEach((name, i) => {
    if (!name.startsWith("tenant-")) return;
    const reason = "namespaces of tenants are never shared";
    report("reserved-name", { name, reason }, ["network", "sharedNamespaces", i], "value");
  });
}
