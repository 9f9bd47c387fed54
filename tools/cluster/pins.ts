import { readFileSync } from "node:fs";

export const goMod = new URL("go.mod", import.meta.url);
export const goSum = new URL("go.sum", import.meta.url);

/** Our name of each program -> the main package's last element, which is what `go build` calls it. */
export const PROGRAMS = {
  "kube-apiserver": "kube-apiserver",
  "kube-controller-manager": "kube-controller-manager",
  "kube-scheduler": "kube-scheduler",
  kubectl: "kubectl",
  kubelet: "kubelet",
  "kube-proxy": "kube-proxy",
  etcd: "server",
  kwok: "kwok",
  kustomize: "kustomize",
  argocd: "cmd",
} as const;

export type Program = keyof typeof PROGRAMS;

/** The version of a module in go.mod, with its v. */
export function pinned(module: string): string {
  const version = new RegExp(`^\\s*${module.replaceAll(".", "\\.")} (v\\S+)`, "m").exec(
    readFileSync(goMod, "utf8"),
  )?.[1];
  if (version === undefined) throw new Error(`tools/cluster/go.mod does not pin ${module}`);
  return version;
}

const gateway = ["gatewayclasses", "gateways", "httproutes", "grpcroutes", "listenersets"];
const moreGateway = ["referencegrants", "tcproutes", "tlsroutes", "udproutes"];
const secrets = ["secretstores", "clustersecretstores", "externalsecrets", "pushsecrets"];
const certificates = ["certificates", "certificaterequests", "issuers", "clusterissuers"];
const traffic = ["backendtrafficpolicies", "clienttrafficpolicies"];
const envoy = ["envoyproxies", "envoyextensionpolicies", ...traffic];
const monitors = ["podmonitors", "servicemonitors", "probes", "prometheusrules"];

/**
 * Definitions of custom resources that a cluster has before the platform comes: module -> files in
 * it. They are read, not built; the sum database vouches for them. Each one more costs Argo CD a watch.
 */
export const DEFINITIONS: Readonly<Record<string, readonly string[]>> = {
  "sigs.k8s.io/gateway-api@v1.6.3": [...gateway, ...moreGateway].map(
    (name) => `config/crd/standard/gateway.networking.k8s.io_${name}.yaml`,
  ),
  "github.com/external-secrets/external-secrets@v1.3.2": [
    ...secrets.map((name) => `config/crds/bases/external-secrets.io_${name}.yaml`),
    "config/crds/bases/generators.external-secrets.io_passwords.yaml",
  ],
  "github.com/cert-manager/cert-manager@v1.21.2": certificates.map(
    (name) => `deploy/crds/cert-manager.io_${name}.yaml`,
  ),
  "github.com/envoyproxy/gateway@v1.9.1": envoy.map(
    (name) => `charts/gateway-helm/charts/crds/crds/generated/gateway.envoyproxy.io_${name}.yaml`,
  ),
  "k8s.io/autoscaler/vertical-pod-autoscaler@v1.8.1": ["deploy/vpa-v1-crd-gen.yaml"],
  "github.com/prometheus-operator/prometheus-operator@v0.85.0": monitors.map(
    (name) => `example/prometheus-operator-crd/monitoring.coreos.com_${name}.yaml`,
  ),
};
