import type { Receipt } from "../../../generator/record/receipt.ts";

/** What off-boarding a tenant leaves. */
export const tenantReceipt = (tenant: string): Receipt => ({
  tenant,
  organization: null,
  cluster: "home",
  retireAfter: "2027-01-31",
  offboarded: "2027-02-01T10:00:00.000Z",
  by: "ann@example.com",
  namespaces: [{ name: `tenant-${tenant}`, uid: "7b2e0c1e-0000-4000-8000-000000000001" }],
  volumes: ["pvc-1"],
  export: {
    file: `${tenant}.ndjson.gz`,
    sha256: "a".repeat(64),
    records: 3,
    taken: "2027-01-30T10:00:00.000Z",
  },
});

export const organizationReceipt = (tenant: string, organization: string): Receipt => ({
  ...tenantReceipt(tenant),
  organization,
  retireAfter: null,
  namespaces: [
    { name: `tenant-${tenant}-org-${organization}`, uid: "7b2e0c1e-0000-4000-8000-000000000002" },
  ],
  volumes: [],
  export: null,
});
