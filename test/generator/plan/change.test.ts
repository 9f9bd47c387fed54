import { describe, expect, test } from "vitest";
import { compareVersions, type Version } from "../../../generator/plan/change.ts";
import type { Planned } from "../../../generator/plan/repository.ts";
import { indexReceipts, NO_RECEIPTS, type Receipts } from "../../../generator/record/receipt.ts";
import { organizationReceipt } from "../support/receipts.ts";
import { planAll, recordText } from "./support.ts";

const versions = ({ candidates }: Planned): Map<string, Version> =>
  new Map(
    candidates.flatMap((candidate) => {
      const plan = candidate.plan();
      return plan === null ? [] : [[plan.id, { plan, source: candidate.source() }]];
    }),
  );

/** Codes of what a change from one record of the tenant `shop` to another does wrong. */
function changes(
  before: string,
  after: string,
  cluster = "home",
  now = cluster,
  receipts: Receipts = NO_RECEIPTS,
): string[] {
  const old = planAll({ shop: recordText("shop", before, cluster) });
  const current = planAll({ shop: recordText("shop", after, now) });
  expect([...old.problems, ...current.problems]).toEqual([]);
  const files = new Set(["tenants/shop.yaml"]);
  const expandable = (_: unknown, storageClass: string): boolean => storageClass === "nfs-retain";
  const day = "2026-11-21";
  return compareVersions(versions(old), versions(current), files, expandable, day, receipts).map(
    ({ code }) => code,
  );
}

const external =
  "redis: { mode: external, external: { host: a.b, cidr: 192.168.20.0/28, secret: { name: s } } }\n";
const size = (value: string, storageClass: string): string =>
  `redis: { storage: { size: ${value}, class: ${storageClass} } }\n`;

describe("a change of a record", () => {
  test.each([
    ["sizes in memory", "redis: { memory: 512Mi }\n", "redis: { memory: 256Mi }\n"],
    [
      "the tier, with the volume as it was",
      size("20Gi", "nfs-retain"),
      `tier: standard\n${size("20Gi", "nfs-retain")}`,
    ],
    ["the state, and back", "state: suspended\n", ""],
    [
      "owner, hosts and channel",
      "",
      "channel: canary\nlogService: { hosts: [x.logs.home.example] }\n",
    ],
    [
      "a larger volume of a class that grows",
      size("20Gi", "nfs-retain"),
      size("30Gi", "nfs-retain"),
    ],
    ["a new organization", "", "organizations: [{ id: web }]\n"],
  ])("may be about %s", (_, before, after) => {
    expect(changes(before, after)).toEqual([]);
  });

  test.each([
    [
      "a tier with a smaller volume",
      "tier: large\nredis: { storage: { class: nfs-retain } }\n",
      "redis: { storage: { class: nfs-retain } }\n",
      ["storage-shrunk"],
    ],
    [
      "a larger volume of a class that does not grow",
      size("20Gi", "local-retain"),
      size("30Gi", "local-retain"),
      ["storage-not-expandable"],
    ],
    [
      "the same size written otherwise",
      size("2048Mi", "local-retain"),
      size("2Gi", "local-retain"),
      [],
    ],
    ["Redis' mode", "", external, ["immutable-changed"]],
    [
      "an organization that had retired and goes without a receipt",
      "organizations: [{ id: web, state: retiring }]\n",
      "",
      ["organization-vanished"],
    ],
    [
      "an active organization that goes",
      "organizations: [{ id: web }]\n",
      "",
      ["organization-vanished"],
    ],
    [
      "a renamed organization",
      "organizations: [{ id: web }]\n",
      "organizations: [{ id: shop }]\n",
      ["organization-vanished"],
    ],
    [
      "an organization of a suspended tenant that goes: it was closed, but not retired",
      "state: suspended\norganizations: [{ id: web }]\n",
      "state: suspended\n",
      ["organization-vanished"],
    ],
  ])("about %s is judged so", (_, before, after, codes) => {
    expect(changes(before, after)).toEqual(codes);
  });

  test("may be about an organization that had retired, was removed from the cluster, and goes", () => {
    const receipts = indexReceipts([organizationReceipt("shop", "web")]);
    const before = "organizations: [{ id: web, state: retiring }]\n";
    expect(changes(before, "", "home", "home", receipts)).toEqual([]);
    expect(changes("organizations: [{ id: web }]\n", "", "home", "home", receipts)).toEqual([
      "organization-vanished",
    ]);
  });

  test("to another cluster is one fault, not one for each thing that differs there", () => {
    const standalone = "redis: { mode: standalone }\n";
    expect(changes(standalone, standalone, "home", "cloud")).toEqual(["immutable-changed"]);
  });
});
