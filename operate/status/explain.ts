// What the errors of Argo CD, Kubernetes and pods mean, and what to do. The first rule that fits counts: narrow ones
// stand before wide ones.

/** An error in plain words. */
export type Explanation = {
  /** A stable name for scripts. */
  code: string;
  means: string;
  todo: string;
};

type Rule = Explanation & { pattern: RegExp };

const rules: readonly Rule[] = [
  {
    code: "path-missing",
    pattern: /app path does not exist/i,
    means:
      "the overlay's folder is not in the commit that Argo CD follows; every object stays, but nothing is healed or changed",
    todo: "revert the commit that removed the folder, or off-board the tenant with npm run offboard",
  },
  {
    code: "ref-missing",
    pattern: /unable to resolve '?[^']*'? to a commit|couldn't find remote ref|unknown revision/i,
    means: "the Git ref that Argo CD follows does not exist",
    todo: "let CI verify main, which moves it, or push it with npm run promote",
  },
  {
    code: "repository-access",
    pattern:
      /authentication required|repository not found|could not read (?:username|from remote)|permission denied \(publickey|invalid credentials|not permitted to (?:read|access) the repository/i,
    means: "Argo CD may not read the Git repository, or it is not where the Application says",
    todo: "check the repository's address and Argo CD's credentials for it",
  },
  {
    code: "project-refuses",
    pattern: /(?:is|are) not (?:permitted|allowed) in project|allowed destinations in project/i,
    means: "the AppProject 'tenants' does not allow this kind, namespace or repository",
    todo: "if it belongs there, the platform's people add it to the AppProject; if not, take it out of the overlay",
  },
  {
    code: "policy-refuses",
    pattern: /ValidatingAdmissionPolicy '(?<name>[^']+)'/,
    means: "the admission policy '{name}' refuses an object",
    todo: "its message says what is wrong with the object: docs/admission.md has the policies; change the record, not the policy",
  },
  {
    code: "pod-security",
    pattern: /violates PodSecurity/i,
    means: "a pod asks for more than the namespace's Pod Security level allows",
    todo: "the message lists the fields: a pod has to fit the level 'restricted'",
  },
  {
    code: "quota-exceeded",
    pattern: /exceeded quota: (?<name>[^,\s]+)/,
    means: "the quota of the namespace is used up, so the API server refuses more",
    todo: "see the quota below: raise it in the record, or let something go",
  },
  {
    code: "limit-range",
    pattern: /(?:maximum|minimum) (?:cpu|memory) (?:usage|limit)|must specify (?:limits|requests)/i,
    means: "a container's size is outside of the namespace's LimitRange",
    todo: "change `limits` or the container's resources in the record",
  },
  {
    code: "immutable",
    pattern:
      /field is immutable|updates to statefulset spec for fields other than|spec is immutable/i,
    means: "a commit changes a field that Kubernetes never changes on a live object",
    todo: "revert the change; npm run preview warns of these before the merge",
  },
  {
    code: "volume-shrinks",
    pattern:
      /can not be less than (?:previous value|status\.capacity)|only dynamically provisioned pvc can be resized|storageclass .* does not support resize/i,
    means: "a volume cannot take the size that the record asks for",
    todo: "volumes only grow, and only in classes that expand them: set the size back",
  },
  {
    code: "no-metrics",
    pattern: /resource metrics API|pods\.metrics\.k8s\.io/i,
    means:
      "nobody tells how busy the pods are, so nothing scales them: the cluster has no metrics server",
    todo: "install metrics-server, or see its pods in kube-system",
  },
  {
    code: "kind-missing",
    pattern:
      /no matches for kind|could not find the requested resource|the server doesn't have a resource type|CRD is not installed|unable to find api field/i,
    means: "the cluster does not know a kind that the overlay uses",
    todo: "run npm run prerequisites -- --cluster <name>: it says which definition is missing or too old",
  },
  {
    code: "unconfirmed-pruning",
    pattern: /waiting for pruning confirmation/i,
    means:
      "Argo CD waits for somebody to confirm that an object may go; until then it applies no commit and heals nothing",
    todo: "revert the commit that removed the object; confirm only if it is meant to go",
  },
  {
    code: "unconfirmed-deletion",
    pattern: /waiting for deletion of/i,
    means: "a sync waits until an object is gone",
    todo: "see what holds it: its finalizers, or a pod that still runs",
  },
  {
    code: "field-conflict",
    pattern: /conflicts? with "[^"]+"|Apply failed with \d+ conflict/i,
    means: "somebody else owns a field that Git sets",
    todo: "find who with kubectl get <object> --show-managed-fields, and let one of the two go",
  },
  {
    code: "shared-object",
    pattern: /is part of applications? |shared resource found/i,
    means: "another Application manages the same object",
    todo: "one of the two overlays must not have it",
  },
  {
    code: "namespace-terminating",
    pattern: /because it is being terminated|is being terminated/i,
    means: "the namespace is being deleted, so nothing can be made in it",
    todo: "if nobody meant it: there is no way back for the namespace, but volumes with Retain stay; see docs/offboard.md",
  },
  {
    code: "build-failed",
    pattern:
      /kustomize build|accumulating resources|failed to (?:generate|load) (?:manifest|target state)|Manifest generation error/i,
    means: "Argo CD cannot build the overlay: it is half-written, or a base is missing",
    todo: "npm run verify shows it on this machine; revert the commit, or mend it",
  },
  {
    code: "argocd-rights",
    pattern: /User "?system:serviceaccount:argocd:[^"]+"? cannot/i,
    means: "Argo CD itself lacks the right",
    todo: "apply the platform's overlay again: kubectl apply --server-side -k overlays/<cluster>/platform",
  },
  {
    code: "forbidden",
    pattern: /is forbidden: /i,
    means: "the API server refuses it",
    todo: "its reason follows the words 'is forbidden'",
  },
  {
    code: "argocd-part-down",
    pattern: /repo-server|connection error: desc|error dialing|code = Unavailable/i,
    means:
      "Argo CD's controller cannot reach its repo-server, so it knows neither drift nor new commits",
    todo: "look at the pods in the namespace argocd",
  },
  {
    code: "timeout",
    pattern: /context deadline exceeded|i\/o timeout|Client\.Timeout/i,
    means: "something that Argo CD asked did not answer in time",
    todo: "it tries again by itself; if it stays, look at Git's and the API server's health",
  },

  // Pods.
  {
    code: "out-of-memory",
    pattern: /^OOMKilled/,
    means: "the container used more memory than its limit and was killed",
    todo: "raise its memory in the record, or find out what grew",
  },
  {
    code: "image",
    pattern:
      /^(?:ImagePullBackOff|ErrImagePull|InvalidImageName|ErrImageNeverPull|RegistryUnavailable)/,
    means: "the image cannot be pulled",
    todo: "check the digest in the cluster's record, and imagePullSecrets: is the registry's Secret in this namespace?",
  },
  {
    code: "image-forbidden",
    pattern: /^ImageInspectError|^SignatureValidationFailed/,
    means: "the node refuses the image",
    todo: "check the image's digest and signature",
  },
  {
    code: "missing-config",
    pattern: /^CreateContainerConfigError|^CreateContainerError/,
    means: "the container cannot be made: most often a Secret or one of its entries is missing",
    todo: "npm run secrets -- <tenant> prints the Secrets that a tenant needs",
  },
  {
    code: "crash-loop",
    pattern: /^CrashLoopBackOff|Back-off restarting failed container/,
    means: "the container starts and ends again and again",
    todo: "kubectl logs --previous shows its last words; how it ended stands beside it",
  },
  {
    code: "unschedulable",
    pattern: /^Unschedulable|^SchedulingGated/,
    means: "no node takes the pod",
    todo: "the message counts the nodes by reason: not enough CPU or memory, a taint, or a volume that is elsewhere",
  },
  {
    code: "evicted",
    pattern: /^Evicted|^Preempting|^NodeShutdown|^Terminated/,
    means: "the node threw the pod out to save itself",
    todo: "look at the node's memory and disk",
  },
  {
    code: "probe",
    pattern: /(?:Liveness|Readiness|Startup) probe failed/i,
    means: "the pod runs but does not answer as it should",
    todo: "its logs say why; of the log service: is its Redis there?",
  },
  {
    code: "mount",
    pattern: /FailedMount|FailedAttachVolume|MountVolume/i,
    means: "a volume or Secret cannot be mounted",
    todo: "is the Secret there (npm run secrets -- <tenant>), and is the volume on a node that lives?",
  },
  {
    code: "exited",
    pattern:
      /^(?:Error|Completed|ContainerStatusUnknown|ContainerCannotRun|StartError|DeadlineExceeded)\b/,
    means: "the container ended",
    todo: "kubectl logs --previous shows its last words",
  },
];

/** What an error means, or undefined where only its own words can be shown. */
export function explain(text: string): Explanation | undefined {
  for (const { pattern, code, means, todo } of rules) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const name = match.groups?.["name"] ?? "";
    return { code, means: means.replaceAll("{name}", () => name), todo };
  }
  return undefined;
}
