import { expect, test } from "vitest";
import { checkNamespaces } from "../../../generator/plan/across.ts";
import { planAll, recordText } from "./support.ts";

test("a namespace of two tenants is reported, should ids ever be let through that lead there", () => {
  const reports: string[][] = [];
  const claimants = ["a", "a-org-b"].map((id) => ({
    claims: {
      id,
      cluster: "home",
      hosts: [],
      redis: null,
      namespaces: [`tenant-${id}`, `tenant-${id}-org-b`],
      ask: { cpu: 0, memory: 0, storage: 0, pods: 0 },
    },
    report: (code: string): void => void reports.push([id, code]),
  }));
  checkNamespaces(claimants);
  expect(reports).toEqual([["a-org-b", "namespace-collision"]]);
});

test("two tenants on two clusters cannot share a host, suspended or not", () => {
  const hosts = "logService: { hosts: [logs.shop.example] }\n";
  const { problems } = planAll({
    shop: recordText("shop", `${hosts}state: suspended\nredis: { mode: standalone }\n`, "cloud"),
    store: recordText("store", `${hosts}redis: { mode: standalone }\n`, "cloud"),
  });
  expect(problems.map(({ code, file }) => [code, file])).toEqual([
    ["duplicate-host", "tenants/store.yaml"],
  ]);
});

test("a host that one tenant has by default is refused to another", () => {
  const { problems } = planAll({
    shop: recordText("shop"),
    store: recordText("store", "logService: { hosts: [shop.logs.home.example] }"),
  });
  expect(problems.map(({ code }) => code)).toEqual(["duplicate-host"]);
});

test("the faults of all records are reported together, in order of their files", () => {
  const { problems, plans } = planAll({
    c: recordText("c", "tier: smal"),
    a: recordText("a", "redis: { memory: 1Mi }"),
    b: "id: [",
    d: recordText("d"),
  });
  expect(problems.map(({ file, code }) => [file, code])).toEqual([
    ["tenants/a.yaml", "redis-too-small"],
    ["tenants/b.yaml", "yaml-syntax"],
    ["tenants/c.yaml", "unknown-value"],
  ]);
  expect(plans.map(({ id }) => id)).toContain("d");
});

test("a record with an unknown key still takes part in the checks across records", () => {
  const { problems } = planAll({
    shop: recordText("shop", "colour: red\n"),
    store: recordText("store", "logService: { hosts: [shop.logs.home.example] }"),
  });
  expect(problems.map(({ code }) => code)).toEqual(["unknown-key", "duplicate-host"]);
});

test("two managed Redis whose addresses meet are refused, on whatever clusters", () => {
  const external = (cidr: string): string =>
    `redis: { external: { host: a.redis.example, cidr: ${cidr}, secret: { name: s } } }\n`;
  const { problems } = planAll({
    one: recordText("one", external("10.32.0.0/28"), "cloud"),
    three: recordText("three", external("10.32.0.8/29"), "cloud"),
    two: recordText("two", external("10.32.0.16/28"), "cloud"),
  });
  expect(problems.map(({ code, file }) => [code, file])).toEqual([
    ["duplicate-redis", "tenants/three.yaml"],
  ]);
});
