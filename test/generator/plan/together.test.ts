import { describe, expect, test } from "vitest";
import { planAll, recordText } from "./support.ts";

const found = (records: Record<string, string>): string[] =>
  planAll(records).problems.map(({ code, line }) => `${line} ${code}`);

describe("mistakes of one record", () => {
  test("are told together, those of its form and those of what it names", () => {
    expect(
      found({
        shop: recordText("shop"),
        store: `id: stor
displayName: Store
owner: { contact: a@store.example, group: store }
cluster: home
teir: small
redis: { storage: { class: local-scratch }, mode: sentinel }
organizations: [{ id: a-org-b }]
logService: { hosts: [shop.logs.home.example, logs.elsewhere.example] }
placement: { priority: urgent }
network: { rules: [{ name: out, namespace: web, direction: egress, to: [{ cidr: 10.244.1.0/24 }], ports: [{ port: 443 }] }] }
`,
      }),
    ).toEqual([
      "1 file-name",
      "5 unknown-key",
      "6 storage-not-retained",
      "6 not-available-yet",
      "7 invalid-value",
      "8 duplicate-host",
      "8 host-outside-suffix",
      "9 unknown-reference",
      "10 cidr-protected",
    ]);
  });

  test("leave out what a missing value alone would bring", () => {
    // A wrong memory falls back to the tier's, for which this retention would be too large.
    const text = recordText(
      "shop",
      "redis: { memory: lots }\nlogService: { retention: { bytes: 2Gi } }",
    );
    expect(found({ shop: text })).toEqual(["5 invalid-value"]);
    // Organizations that cannot be read are not unknown.
    const api = "network: { api: { organizations: [web] } }";
    const broken = recordText("shop", `organizations: [{ id: web }, { id: Web }]\n${api}`);
    expect(found({ shop: broken })).toEqual(["5 invalid-value"]);
  });

  test("of its id and its cluster are told though nothing else can be read", () => {
    const text = "id: shoop\ncluster: hom\ndisplayName: Shop\n";
    expect(found({ shop: text })).toEqual([
      "1 missing-field",
      "1 file-name",
      "2 unknown-reference",
    ]);
  });

  test("give no plan, and ask for no capacity with what stands in for them", () => {
    const { plans, problems } = planAll({ shop: recordText("shop", "tier: huge") });
    expect(plans).toEqual([]);
    expect(problems.map(({ code }) => code)).toEqual(["unknown-value"]);
  });
});
