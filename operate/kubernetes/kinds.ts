/** A kind of objects and where the API server has it. */
export type Kind = {
  /** Empty for the core group. */
  group: string;
  version: string;
  plural: string;
};

const kind = (group: string, version: string, plural: string): Kind => ({ group, version, plural });

export const KINDS = {
  namespaces: kind("", "v1", "namespaces"),
  pods: kind("", "v1", "pods"),
  events: kind("", "v1", "events"),
  configMaps: kind("", "v1", "configmaps"),
  resourceQuotas: kind("", "v1", "resourcequotas"),
  volumeClaims: kind("", "v1", "persistentvolumeclaims"),
  volumes: kind("", "v1", "persistentvolumes"),
  deployments: kind("apps", "v1", "deployments"),
  statefulSets: kind("apps", "v1", "statefulsets"),
  daemonSets: kind("apps", "v1", "daemonsets"),
  replicaSets: kind("apps", "v1", "replicasets"),
  autoscalers: kind("autoscaling", "v2", "horizontalpodautoscalers"),
  routes: kind("gateway.networking.k8s.io", "v1", "httproutes"),
  externalSecrets: kind("external-secrets.io", "v1", "externalsecrets"),
  storageClasses: kind("storage.k8s.io", "v1", "storageclasses"),
  definitions: kind("apiextensions.k8s.io", "v1", "customresourcedefinitions"),
  applications: kind("argoproj.io", "v1alpha1", "applications"),
  applicationSets: kind("argoproj.io", "v1alpha1", "applicationsets"),
  appProjects: kind("argoproj.io", "v1alpha1", "appprojects"),
  podMetrics: kind("metrics.k8s.io", "v1beta1", "pods"),
} as const;

/** Like `/api/v1/namespaces/a/pods/b`, each part escaped. */
export function pathOf(
  { group, version, plural }: Kind,
  namespace?: string,
  name?: string,
): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const space = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  const one = name === undefined ? "" : `/${encodeURIComponent(name)}`;
  return `${root}${space}/${plural}${one}`;
}

/** Like `pods` or `applications.argoproj.io`. */
export const nameOf = ({ group, plural }: Kind): string =>
  group === "" ? plural : `${plural}.${group}`;
