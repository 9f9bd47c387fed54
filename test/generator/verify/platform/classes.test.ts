import { expect, it } from "vitest";
import { found, foundWith, set } from "./fixture.ts";

const CLASS = "PriorityClass tenant-important";

it("finds that a class which tenants may ask for is missing", () => {
  expect(found("home", CLASS, null)).toEqual([`platform-class: ${CLASS} is missing`]);
});

it.each<[string, string, unknown, string]>([
  [
    "pushes out other tenants' pods",
    "preemptionPolicy",
    "PreemptLowerPriority",
    "would push out pods of other tenants",
  ],
  ["is every pod's", "globalDefault", true, "would be every pod's of the cluster"],
  ["is the system's", "value", 2_000_000_000, "is as high as the system's own"],
])("attack: a class that %s is found", (_case, path, value, reason) => {
  expect(found("home", CLASS, set(path, value))).toEqual([`platform-class: ${CLASS} ${reason}`]);
});

it("finds a class that no record lets tenants ask for", () => {
  const body = { value: 5, preemptionPolicy: "Never", metadata: { name: "vip" } };
  const object = { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", ...body };
  expect(foundWith("home", object)).toEqual([
    "platform-class: PriorityClass vip is not in placement.priorityClasses",
  ]);
});
