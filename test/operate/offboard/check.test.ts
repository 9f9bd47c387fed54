import { describe, expect, it } from "vitest";
import type { ExportManifest } from "../../../apps/client/src/index.ts";
import { readTenant } from "../../../generator/record/read.ts";
import {
  checkOrganization,
  checkTenant,
  type Facts,
  type Held,
} from "../../../operate/offboard/check.ts";
import { isNamespaceOf } from "../../../operate/offboard/cluster.ts";

const commit = "c0ffee".padEnd(40, "0");
const record = (more: string) =>
  readTenant(
    "tenants/shop.yaml",
    `id: shop\ndisplayName: Shop\nowner: { contact: a@b.example, group: g }\ncluster: home\n${more}`,
  ).sourced?.record;
const RETIRING = 'state: retiring\nretireAfter: "2027-01-31"\n';
const closed = Date.parse("2027-01-20T10:00:00Z");

const namespace = (name: string, more: object = {}) => ({
  name,
  uid: `uid-of-${name}`,
  state: "retiring",
  retireAfter: "2027-01-31",
  isEnding: false,
  changed: closed,
  ...more,
});
const good: Facts = {
  tenant: "shop",
  today: "2027-01-31",
  followed: {
    commit,
    record: record(RETIRING),
    namespaces: new Set(),
    cluster: undefined,
    hasReceipt: () => false,
  },
  begun: undefined,
  application: {
    uid: "a",
    sync: "Synced",
    revision: commit,
    message: "",
    finalizers: [],
    isEnding: false,
  },
  namespaces: [namespace("tenant-shop-org-web"), namespace("tenant-shop")],
  approved: "shop",
};
const exported: ExportManifest = {
  format: 1,
  tenant: "shop",
  taken: "2027-01-20T10:05:00.000Z",
  service: { version: "1" },
  file: "shop.gz",
  compression: "gzip",
  bytes: 1,
  sha256: "a".repeat(64),
  records: 5,
  namespaces: [
    { name: "a", records: 3, oldest: null, newest: null },
    { name: "b", records: 2, oldest: null, newest: null },
  ],
};
const held: Held = {
  tenant: "shop",
  everything: true,
  namespaces: [
    { name: "a", records: 3 },
    { name: "b", records: 2 },
  ],
};

const failing = (
  facts: Partial<Facts>,
  manifest: ExportManifest | string | undefined = exported,
  service: Held | undefined = undefined,
): string[] =>
  checkTenant({ ...good, ...facts }, manifest, service)
    .filter(({ ok }) => !ok)
    .map(({ says }) => says);
const git = (more: string) => ({ ...good.followed, record: record(more) });

describe("a tenant", () => {
  it("may go when all is as it should be", () => {
    expect(failing({})).toEqual([]);
    expect(failing({}, exported, held)).toEqual([]);
  });

  it.each<[string, Partial<Facts>, RegExp]>([
    ["is active in Git", { followed: git("") }, /state: active/],
    ["is suspended in Git", { followed: git("state: suspended\n") }, /state: suspended/],
    [
      "has no record in Git",
      { followed: { ...good.followed, record: undefined } },
      /no tenants\/shop\.yaml/,
    ],
    ["has a day that has not come", { today: "2027-01-30" }, /has not come: today is 2027-01-30/],
    [
      "has another day on the cluster",
      { namespaces: [namespace("tenant-shop", { retireAfter: "2027-03-01" })] },
      /the cluster has the day 2027-03-01/,
    ],
    [
      "is still active on the cluster",
      { namespaces: [namespace("tenant-shop", { state: "active" })] },
      /tenant-shop is active on the cluster/,
    ],
    [
      "has an organization that is still active there",
      {
        namespaces: [
          namespace("tenant-shop-org-web", { state: "active" }),
          namespace("tenant-shop"),
        ],
      },
      /tenant-shop-org-web is active/,
    ],
    ["is not on this cluster", { namespaces: [] }, /is it the right one/],
    ["has no Application", { application: undefined }, /there is no Application/],
    ["is OutOfSync", { application: app({ sync: "OutOfSync" }) }, /OutOfSync/],
    [
      "is Unknown, for a reason that is told",
      { application: app({ sync: "Unknown", message: "app path does not exist" }) },
      /Unknown: app path does not exist/,
    ],
    [
      "is Synced at another commit",
      { application: app({ revision: "b".repeat(40) }) },
      /not yet at c0ffee/,
    ],
    ["was not approved", { approved: undefined }, /say --approve shop/],
    ["was approved under another name", { approved: "acme" }, /--approve says acme/],
    [
      "was closed nobody knows when",
      { namespaces: [namespace("tenant-shop", { changed: undefined })] },
      /nobody knows when it was closed/,
    ],
  ])("stays while it %s", (_, facts, words) => {
    expect(failing(facts)).toContainEqual(expect.stringMatching(words));
  });

  function app(more: object) {
    return good.application === undefined ? undefined : { ...good.application, ...more };
  }

  it("tells everything that is wrong, not the first alone", () => {
    const all = failing({ today: "2026-01-01", approved: undefined, application: undefined });
    expect(all.length).toBe(3);
  });
});

describe("an export", () => {
  it.each<[string, ExportManifest | string | undefined, RegExp]>([
    ["was not named", undefined, /no --export/],
    ["is not what its manifest says", "its SHA-256 is 1", /not good: its SHA-256/],
    ["is of another tenant", { ...exported, tenant: "acme" }, /another tenant, acme/],
    [
      "was begun before the tenant was closed",
      { ...exported, taken: "2027-01-20T09:59:59.000Z" },
      /make it again/,
    ],
    [
      "was begun while the tenant was being closed",
      { ...exported, taken: "2027-01-20T10:00:30.000Z" },
      /records may have come until 2027-01-20T10:01:00/,
    ],
  ])("that %s keeps the tenant", (_, manifest, words) => {
    const facts = manifest === undefined ? checkTenant(good, undefined, undefined) : undefined;
    const said =
      facts === undefined
        ? failing({}, manifest)
        : facts.filter(({ ok }) => !ok).map(({ says }) => says);
    expect(said).toContainEqual(expect.stringMatching(words));
  });

  it.each<[string, Held, RegExp]>([
    [
      "a record more",
      { ...held, namespaces: [{ name: "a", records: 4 }] },
      /4 records of a, the export 3/,
    ],
    [
      "a namespace more",
      { ...held, namespaces: [{ name: "c", records: 1 }] },
      /1 records of c, the export 0/,
    ],
    ["another tenant's logs", { ...held, tenant: "acme" }, /that of acme/],
    ["more than its key reaches", { ...held, everything: false }, /does not reach everything/],
  ])("keeps the tenant when the log service has %s", (_, service, words) => {
    expect(failing({}, exported, service)).toEqual([expect.stringMatching(words)]);
  });

  it("may have what retention dropped since", () => {
    const less = { ...held, namespaces: [{ name: "a", records: 1 }] };
    expect(failing({}, exported, less)).toEqual([]);
  });
});

describe("a run that goes on", () => {
  const begun = new Map([
    ["tenant-shop", "uid-of-tenant-shop"],
    ["tenant-shop-org-web", "uid-of-tenant-shop-org-web"],
  ]);

  it("needs neither the Application nor namespaces that are gone", () => {
    expect(failing({ begun, application: undefined, namespaces: [] })).toEqual([]);
    expect(failing({ begun, namespaces: [namespace("tenant-shop")] })).toEqual([]);
  });

  it("stops at a namespace that was made anew: that is not what was checked", () => {
    const other = namespace("tenant-shop", { uid: "another" });
    expect(failing({ begun, namespaces: [other] })).toEqual([expect.stringMatching(/made anew/)]);
  });

  it("stops when Git took the retirement back", () => {
    expect(failing({ begun, followed: git("") })).toContainEqual(
      expect.stringMatching(/state: active/),
    );
  });
});

describe("an organization", () => {
  const organizations = (text: string) => git(`organizations: [${text}]\n`);
  const said = (facts: Partial<Facts>) =>
    checkOrganization(
      { ...good, namespaces: [namespace("tenant-shop-org-web")], approved: "web", ...facts },
      "web",
    )
      .filter(({ ok }) => !ok)
      .map(({ says }) => says);

  it("may go when it is retiring, without a date and without an export", () => {
    expect(said({ followed: organizations("{ id: web, state: retiring }") })).toEqual([]);
  });

  it.each<[string, Partial<Facts>, RegExp]>([
    ["is active", { followed: organizations("{ id: web }") }, /is active, not retiring/],
    [
      "is another's",
      { followed: organizations("{ id: api, state: retiring }") },
      /no organization web/,
    ],
    [
      "was approved by its tenant's name",
      { followed: organizations("{ id: web, state: retiring }"), approved: "shop" },
      /--approve says shop/,
    ],
  ])("stays while it %s", (_, facts, words) => {
    expect(said(facts)).toContainEqual(expect.stringMatching(words));
  });
});

describe("a namespace", () => {
  it.each<[string, boolean]>([
    ["tenant-shop", true],
    ["tenant-shop-org-web", true],
    ["tenant-shop-org-web-mcp", true],
    ["tenant-shop-2", false],
    ["tenant-shops", false],
    ["tenant-sho", false],
    ["kube-system", false],
  ])("called %s is the tenant's: %s", (name, expected) => {
    expect(isNamespaceOf(name, "shop", null)).toBe(expected);
  });

  it.each<[string, boolean]>([
    ["tenant-shop-org-web", true],
    ["tenant-shop-org-web-mcp", true],
    ["tenant-shop-org-web2", false],
    ["tenant-shop", false],
  ])("called %s is the organization's: %s", (name, expected) => {
    expect(isNamespaceOf(name, "shop", "web")).toBe(expected);
  });
});
