import { expect, it } from "vitest";
import { explain } from "../../../operate/status/explain.ts";

// Messages as Argo CD 3.5, the API server 1.36 and kubelets wrote them.
it.each([
  [
    "path-missing",
    "ComparisonError: Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = overlays/home/tenants/hooli: app path does not exist",
  ],
  [
    "ref-missing",
    "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = unable to resolve 'refs/heads/verified' to a commit SHA",
  ],
  [
    "repository-access",
    "rpc error: code = Unknown desc = failed to list refs: authentication required: Repository not found.",
  ],
  ["project-refuses", "resource :Secret is not permitted in project tenants"],
  [
    "project-refuses",
    "application destination server 'https://kubernetes.default.svc' and namespace 'kube-system' do not match any of the allowed destinations in project 'tenants'",
  ],
  [
    "policy-refuses",
    `the namespace failed to apply, reason: namespaces "tenant-acme" is forbidden: ValidatingAdmissionPolicy 'neurallog-kinds' with binding 'neurallog-kinds' denied request: no`,
  ],
  [
    "quota-exceeded",
    'pods "log-service-1" is forbidden: exceeded quota: quota, requested: pods=1, used: pods=6, limited: pods=6',
  ],
  [
    "pod-security",
    'pods "a" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
  ],
  [
    "immutable",
    "StatefulSet.apps \"redis\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden",
  ],
  ["immutable", 'Service "redis" is invalid: spec.clusterIP: Invalid value: field is immutable'],
  [
    "volume-shrinks",
    'PersistentVolumeClaim "data-redis-0" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than previous value',
  ],
  [
    "kind-missing",
    'The Kubernetes API could not find autoscaling.k8s.io/VerticalPodAutoscaler for requested resource. Make sure the "VerticalPodAutoscaler" CRD is installed on the destination cluster: CRD is not installed',
  ],
  ["kind-missing", 'no matches for kind "HTTPRoute" in version "gateway.networking.k8s.io/v1"'],
  [
    "no-metrics",
    "FailedGetResourceMetric: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)",
  ],
  [
    "unconfirmed-pruning",
    "waiting for pruning confirmation of /PersistentVolumeClaim/data-redis-0",
  ],
  ["field-conflict", 'Apply failed with 1 conflict: conflict with "kubectl-edit": .spec.replicas'],
  ["shared-object", "ConfigMap/shared is part of applications argocd/tenant-a and tenant-b"],
  [
    "namespace-terminating",
    'configmaps "a" is forbidden: unable to create new content in namespace tenant-a because it is being terminated',
  ],
  [
    "build-failed",
    "rpc error: code = Unknown desc = Manifest generation error (cached): `kustomize build <path to cached source>/overlays/home/tenants/acme` failed exit status 1: Error: accumulating resources",
  ],
  [
    "argocd-part-down",
    'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 10.0.0.9:8081: connect: connection refused"',
  ],
  ["timeout", "rpc error: code = DeadlineExceeded desc = context deadline exceeded"],
  ["out-of-memory", "OOMKilled, exit code 137"],
  ["image", 'ImagePullBackOff: Back-off pulling image "docker.io/valkey/valkey@sha256:e0"'],
  ["missing-config", 'CreateContainerConfigError: secret "redis-clients" not found'],
  ["crash-loop", "CrashLoopBackOff: back-off 5m0s restarting failed container"],
  ["unschedulable", "Unschedulable: 0/4 nodes are available: 4 node(s) didn't match"],
  ["exited", "Error, exit code 1"],
])("%s: %s", (code, message) => {
  expect(explain(message)?.code).toBe(code);
});

it("names the policy that refused", () => {
  expect(explain("ValidatingAdmissionPolicy 'neurallog-images' with binding")?.means).toContain(
    "'neurallog-images'",
  );
});

it("says nothing of words that nobody knows", () => {
  expect(explain("the moon is full")).toBeUndefined();
});

it("a policy's name cannot bring in more text than it is, by the patterns of a replacement", () => {
  expect(explain("ValidatingAdmissionPolicy '$&$`$1' refused")?.means).toBe(
    "the admission policy '$&$`$1' refuses an object",
  );
});

it("reads a message of a megabyte without backing up over it", () => {
  const long = `${"unable to resolve '".repeat(50_000)}${"a".repeat(100_000)}`;
  expect(explain(long)).toBeUndefined();
});
