import type { Api } from "../api/api.ts";
import { listAt, textAt } from "../api/object.ts";
import { type ClusterFacts, isOfNewCluster } from "./refusal.ts";

const DAY_MS = 24 * 3600_000;

/** Asks a brought cluster what refusal.ts wants to know. Reads only. */
export async function factsOf(api: Api, context: string, server: string): Promise<ClusterFacts> {
  const age = (object: unknown): number =>
    (Date.now() - Date.parse(textAt(object, "metadata", "creationTimestamp") ?? "")) / DAY_MS;
  const nodes = await api.items({ apiVersion: "v1", kind: "Node" });
  const namespaces = await api.items({ apiVersion: "v1", kind: "Namespace" });
  const pods = await api.items({ apiVersion: "v1", kind: "Pod" });
  const nameOf = (object: unknown): string => textAt(object, "metadata", "name") ?? "";
  const system = namespaces.find((each) => nameOf(each) === "kube-system");
  // Where there is no Argo CD, its kinds are not there either.
  const applications = await api.get("/apis/argoproj.io/v1alpha1/applications");
  return {
    context,
    host: new URL(server).hostname,
    nodes: nodes.map((each) => ({
      name: nameOf(each),
      providerId: textAt(each, "spec", "providerID") ?? "",
      ageDays: age(each),
    })),
    namespaces: namespaces.map((each) => nameOf(each)),
    applications: listAt(applications.body, "items").length,
    workloads: pods.filter((each) => !isOfNewCluster(textAt(each, "metadata", "namespace") ?? ""))
      .length,
    ageDays: age(system),
  };
}
