import { expect, test } from "vitest";
import { codesOf, planOf } from "./support.ts";

test("tolerations are resolved from the cluster's list", () => {
  const { placement } = planOf(
    "placement: { tolerations: [batch], priority: tenant-default, nodeSelector: { disk: ssd } }",
  );
  expect(placement).toEqual({
    nodeSelector: { disk: "ssd" },
    tolerations: [
      { key: "home.example/pool", operator: "Equal", value: "batch", effect: "NoSchedule" },
    ],
    priorityClassName: "tenant-default",
  });
});

test.each(["constructor", "__proto__", "toString"])(
  "a toleration named %s is not found on the prototype",
  (name) => {
    expect(codesOf(`placement: { tolerations: ["${name}"] }`)).toEqual(["unknown-reference"]);
  },
);

test("labels without a domain get ours", () => {
  expect(planOf("labels: { team: shop, example.com/unit: b }").labels).toEqual({
    "labels.neurallog.dev/team": "shop",
    "example.com/unit": "b",
  });
});

test.each([
  "kubernetes.io/metadata.name",
  "pod-security.kubernetes.io/enforce",
  "neurallog.dev/tenant",
  "labels.neurallog.dev/team",
  "argocd.argoproj.io/instance",
  "node-restriction.kubernetes.io/x",
])("the label %s, which the cluster reads, is refused", (label) => {
  expect(codesOf(`labels: { ${label}: x }`)).toEqual(["reserved-name"]);
});

test("a domain that only ends alike is no reserved one", () => {
  expect(codesOf("labels: { notkubernetes.io/x: z }")).toEqual([]);
});
