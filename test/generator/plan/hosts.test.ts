import { expect, test } from "vitest";
import { codesOf, planOf } from "./support.ts";

const hosts = (list: string): string => `logService: { hosts: [${list}] }`;
const standalone = "\nredis: { mode: standalone }";

test("a tenant without hosts gets its id under the cluster's suffix", () => {
  expect(planOf("").logService.hosts).toEqual(["shop.logs.home.example"]);
});

test.each([
  ["the suffix itself", "logs.home.example", "host-outside-suffix"],
  ["a suffix that only ends alike", "evil-logs.home.example", "host-outside-suffix"],
  ["another domain", "logs.shop.example", "host-outside-suffix"],
  ["two labels below the suffix", "a.b.logs.home.example", "host-outside-certificate"],
  ["capitals", "Shop.logs.home.example", "invalid-value"],
  ["a wildcard", '"*.logs.home.example"', "invalid-value"],
  ["an address", "203.0.113.7", "invalid-value"],
  ["a port", "shop.logs.home.example:443", "invalid-value"],
])("%s is refused", (_, host, code) => {
  expect(codesOf(hosts(host))).toEqual([code]);
});

test("a host of the tenant's own needs a cluster that allows it", () => {
  expect(codesOf(hosts("logs.shop.example") + standalone, "cloud")).toEqual([]);
});

test("a host named twice is refused", () => {
  expect(codesOf(hosts("a.logs.home.example, a.logs.home.example"))).toEqual(["duplicate-name"]);
});
