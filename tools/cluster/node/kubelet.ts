import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Part } from "../part.ts";
import { socketOf } from "./containerd.ts";
import { DNS_ADDRESS, NODE, NODE_ADDRESS, POD_NETWORK } from "./limits.ts";
import type { World } from "./world.ts";

/** Whom nobody can log in as, and who serves its health on loopback alone. */
function settings(world: World): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: "127.0.0.1",
    readOnlyPort: 0,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
    authorization: { mode: "AlwaysAllow" },
    containerRuntimeEndpoint: `unix://${socketOf(world)}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${world.cgroup}`,
    // No group above is ours to bound.
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    makeIPTablesUtilChains: false,
    clusterDNS: [DNS_ADDRESS],
    clusterDomain: "cluster.local",
    resolvConf: "",
    podLogsDir: join(world.folder, "pod-logs"),
    volumePluginDir: join(world.folder, "volume-plugins"),
    // A full disk of the machine is no reason to evict, nor to throw an imported image away.
    evictionHard: {
      "memory.available": "64Mi",
      "nodefs.available": "0%",
      "imagefs.available": "0%",
    },
    imageGCHighThresholdPercent: 100,
    nodeStatusUpdateFrequency: "5s",
    // After the node comes back, a container that fails waits for this at most.
    crashLoopBackOff: { maxContainerRestartPeriod: "5s" },
    featureGates: { KubeletCrashLoopBackOffMax: true },
  };
}

export async function startKubelet(world: World, kubeconfig: string): Promise<Part> {
  const file = join(world.folder, "kubelet.json");
  mkdirSync(join(world.folder, "pod-logs"), { recursive: true });
  writeFileSync(file, JSON.stringify(settings(world)));
  const part = new Part({
    name: "kubelet",
    program: join(world.bin, "kubelet"),
    args: [
      `--config=${file}`,
      `--kubeconfig=${kubeconfig}`,
      `--root-dir=${join(world.folder, "kubelet")}`,
      `--cert-dir=${join(world.folder, "kubelet", "pki")}`,
      `--hostname-override=${NODE}`,
      `--node-ip=${NODE_ADDRESS}`,
    ],
    logs: world.logs,
  });
  await part.ready(async () => (await fetch("http://127.0.0.1:10248/healthz")).status === 200);
  return part;
}

/** Translates Services' addresses, by nftables: iptables' extensions are not on every machine. */
export async function startProxy(world: World, kubeconfig: string): Promise<Part> {
  const file = join(world.folder, "kube-proxy.json");
  const settingsOf = {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig },
    mode: "nftables",
    hostnameOverride: NODE,
    bindAddress: NODE_ADDRESS,
    clusterCIDR: POD_NETWORK,
    metricsBindAddress: "127.0.0.1:10249",
    healthzBindAddress: "127.0.0.1:10256",
    // Sysctls may be read-only.
    conntrack: {
      maxPerCore: 0,
      min: 0,
      tcpEstablishedTimeout: "0s",
      tcpCloseWaitTimeout: "0s",
      udpTimeout: "0s",
      udpStreamTimeout: "0s",
    },
    nftables: { syncPeriod: "5s", minSyncPeriod: "100ms" },
  };
  writeFileSync(file, JSON.stringify(settingsOf));
  const part = new Part({
    name: "kube-proxy",
    program: join(world.bin, "kube-proxy"),
    args: [`--config=${file}`],
    logs: world.logs,
  });
  await part.ready(async () => (await fetch("http://127.0.0.1:10249/healthz")).status === 200);
  return part;
}
