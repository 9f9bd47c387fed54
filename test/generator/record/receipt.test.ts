import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  indexReceipts,
  readReceipt,
  receiptFile,
  receiptText,
} from "../../../generator/record/receipt.ts";
import { organizationReceipt, tenantReceipt } from "../support/receipts.ts";

const file = "tenants/offboarded/shop.json";
const text = receiptText(tenantReceipt("shop"));
const changed = (more: object): string => JSON.stringify({ ...tenantReceipt("shop"), ...more });

describe("a receipt", () => {
  it("is read as it was written", () => {
    expect(readReceipt(file, text)).toEqual(tenantReceipt("shop"));
    expect(readReceipt(file, Buffer.from(text))).toEqual(tenantReceipt("shop"));
  });

  it.each([
    ["no JSON", "tenant: shop"],
    ["another field", changed({ colour: "red" })],
    ["an id that no tenant has", changed({ tenant: "../shop" })],
    ["a day that there is not", changed({ retireAfter: "2027-02-30" })],
    [
      "a hash that is too short",
      changed({ export: { ...tenantReceipt("shop").export, sha256: "ab" } }),
    ],
    ["no time", changed({ offboarded: "yesterday" })],
    [
      "a number of records below zero",
      changed({ export: { ...tenantReceipt("shop").export, records: -1 } }),
    ],
    ["a file for a tenant of another name", receiptText(tenantReceipt("other"))],
    ["a file of a tenant for an organization", receiptText(organizationReceipt("shop", "web"))],
    ["too long", `${" ".repeat(300_000)}${text}`],
  ])("is refused as %s", (_, content) => {
    expect(readReceipt(file, content)).toBeTypeOf("string");
  });

  it("of an organization is no receipt of its tenant, but the tenant's is one of it", () => {
    const one = indexReceipts([organizationReceipt("shop", "web")]);
    expect(one.tenant("shop")).toBeUndefined();
    expect(one.organization("shop", "web")).toBeDefined();
    expect(one.organization("shop", "api")).toBeUndefined();
    const all = indexReceipts([tenantReceipt("shop")]);
    expect(all.organization("shop", "web")).toBeDefined();
    expect(all.organization("shops", "web")).toBeUndefined();
  });

  it("has a file of its own for any two ids", () => {
    const id = fc
      .stringMatching(/^[a-z](?:[a-z0-9-]{0,10}[a-z0-9])?$/)
      .filter((text) => !text.includes("-org-") && !text.startsWith("org-"));
    const key = fc.tuple(id, fc.option(id));
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(receiptFile(...a) === receiptFile(...b)).toBe(a[0] === b[0] && a[1] === b[1]);
      }),
    );
  });

  it("that is anything at all never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.uint8Array()), (content) => {
        expect(readReceipt(file, content)).toBeTypeOf("string");
      }),
    );
  });

  it("with any one field taken away is refused", () => {
    for (const field of Object.keys(tenantReceipt("shop"))) {
      const { [field]: _, ...rest }: Record<string, unknown> = { ...tenantReceipt("shop") };
      expect(readReceipt(file, JSON.stringify(rest))).toBeTypeOf("string");
    }
  });
});
