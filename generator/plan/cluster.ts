import { cidr, overlaps } from "../record/cidr.ts";
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
  checkArchive(record, own(record), report);
  if (record.dns.customHosts === true && record.exposure.gateway !== undefined) {
    report("cluster-custom-hosts", {}, ["dns", "customHosts"], "key");
  }
  // Another tenant's managed Redis is as much another tenant as its pods are.
  const managed = record.redis.externalCidrs ?? [];
  // And so is the server that has the others' archives.
  const archives = [record.archive?.external?.egress.cidr ?? []].flat();
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
    protectedCidrs: [...new Set([...own(record), ...managed, ...archives])],
    podCidrs: record.network.podCidrs,
    imagePullSecrets: record.imagePullSecrets ?? [],
    secretsProvider: record.secrets.provider,
  };
  const ownRanges = [...new Set(own(record))].map((text) => cidr(text));
  const redisRanges = managed.map((text) => cidr(text));
  const archiveRanges = archives.map((text) => cidr(text));
  const protectedRanges = [...ownRanges, ...redisRanges, ...archiveRanges];
  return { record, plan, protectedRanges, ownRanges, redisRanges, archiveRanges };
}

/** Addresses of the cluster itself. */
function own({ network }: ClusterRecord): string[] {
  const { nodeCidrs, podCidrs, serviceCidrs, metadataCidrs = [] } = network;
  return [...nodeCidrs, ...podCidrs, ...serviceCidrs, ...metadataCidrs, ...ALWAYS_PROTECTED];
}

/** The server of all archives is reached by log services alone: neither a rule nor an address of the cluster's leads there. */
function checkArchive(record: ClusterRecord, own: readonly string[], report: Report): void {
  const external = record.archive?.external;
  if (external === undefined) return;
  const path = ["archive", "external", "egress"];
  const { cidr: text, pods } = external.egress;
  const protectedBy =
    text === undefined ? undefined : own.find((one) => overlaps(cidr(one), cidr(text)));
  if (text !== undefined && protectedBy !== undefined) {
    const values = { cidr: text, protected: protectedBy, what: "addresses of the cluster itself" };
    report("cidr-protected", values, [...path, "cidr"], "value");
  }
  const name = pods?.namespace ?? "";
  const shared = record.network.sharedNamespaces?.includes(name) === true;
  if (shared || name.startsWith("tenant-")) {
    const reason = shared
      ? "rules of tenants may name a shared namespace, and all archives are there"
      : "it would be a tenant's";
    report("reserved-name", { name, reason }, [...path, "pods", "namespace"], "value");
  }
  for (const channel of ["stable", "canary"] as const) {
    if (record.channels[channel].images.postgres === undefined) continue;
    const field = `channels.${channel}.images.postgres`;
    const reason = "no tenant has a PostgreSQL of its own where archive.external is";
    report("no-effect", { field, reason }, ["channels", channel, "images", "postgres"], "key");
  }
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
