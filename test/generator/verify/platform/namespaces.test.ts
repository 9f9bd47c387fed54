import { expect, it } from "vitest";
import { found, foundWith, set } from "./fixture.ts";

const enforce = (value: string | undefined) => (body: Record<string, unknown>) => {
  const { metadata } = body;
  if (typeof metadata !== "object" || metadata === null) throw new Error("no metadata");
  const labels: unknown = Reflect.get(metadata, "labels");
  if (typeof labels !== "object" || labels === null) throw new Error("no labels");
  Reflect.set(labels, "pod-security.kubernetes.io/enforce", value ?? "baseline");
};

it.each(["system", "data", "ingress", "monitoring"])(
  "finds that the namespace for %s is missing, open to any pod, or without bounds",
  (part) => {
    const name = `neurallog-${part}`;
    const says = (reason: string) => `platform-namespace: Namespace ${name} ${reason}`;
    expect(found("home", `Namespace ${name}`, null)).toContain(says("is missing"));
    expect(found("home", `Namespace ${name}`, enforce("privileged"))).toEqual([
      says("does not enforce restricted pods"),
    ]);
    expect(found("home", `LimitRange ${name}/limits`, null)).toEqual([says("has no LimitRange")]);
    expect(found("home", `ResourceQuota ${name}/quota`, null)).toEqual([
      says("has no ResourceQuota"),
    ]);
  },
);

it.each(["system", "data"])("finds that pods may start where nothing runs, in %s", (part) => {
  const name = `neurallog-${part}`;
  expect(found("home", `ResourceQuota ${name}/quota`, set("spec.hard.pods", "5"))).toEqual([
    `platform-namespace: Namespace ${name} lets pods in, though nothing runs there`,
  ]);
});

it.each([
  ["a tenant's", { name: "x", namespace: "tenant-acme" }],
  ["Kubernetes' own", { name: "x", namespace: "kube-system" }],
])("attack: an object in a namespace that is %s is found", (_case, metadata) => {
  expect(foundWith("home", { apiVersion: "v1", kind: "ConfigMap", metadata })).toEqual([
    `platform-namespace: ConfigMap ${metadata.namespace}/x is in no namespace of the platform`,
  ]);
});

it("attack: a second object of the same name, by which the last one wins, is found", () => {
  const metadata = { name: "offboarded", namespace: "neurallog-system" };
  expect(foundWith("home", { apiVersion: "v1", kind: "ConfigMap", metadata })).toEqual([
    "platform-namespace: ConfigMap neurallog-system/offboarded is there twice",
  ]);
});
