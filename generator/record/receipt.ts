// Receipts of off-boarding: what `npm run offboard` writes when a tenant, or an organization of one, is gone from its
// cluster. Only with one may the record be deleted, and none of their ids is used again.
import { z } from "zod";
import { MAX_RECEIPT_BYTES } from "../limits.ts";
import { date, organizationId, tenantId } from "./schema/scalars.ts";

/** Folder of receipts, from the repository's root. */
export const RECEIPTS = "tenants/offboarded";

const name = z.string().min(1).max(253);
const count = z.int().min(0);
const time = z.iso.datetime();

export const receiptSchema = z.strictObject({
  tenant: tenantId("The tenant."),
  organization: organizationId(
    "The organization that left, where it was not the whole tenant.",
  ).nullable(),
  cluster: name,
  /** The day of the record from which on it was allowed; organizations have none. */
  retireAfter: date("The record's.").nullable(),
  offboarded: time,
  /** Whom the cluster knew the caller as. */
  by: z.string().min(1).max(300),
  namespaces: z.array(z.strictObject({ name, uid: name })).max(101),
  /** Volumes that were removed with them. */
  volumes: z.array(name).max(10_000),
  /** What somebody has to remove by hand, at places that the cluster does not manage; older receipts do not say. */
  leaves: z.array(z.string().min(1).max(600)).max(10).optional(),
  /** Null for an organization: logs are the tenant's. */
  export: z
    .strictObject({
      file: name,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      records: count,
      taken: time,
    })
    .nullable(),
});

export type Receipt = z.infer<typeof receiptSchema>;

/** Name of a receipt's file. No id has `-org-` in it, so no two receipts share one. */
export const receiptFile = (tenant: string, organization: string | null): string =>
  `${RECEIPTS}/${tenant}${organization === null ? "" : `-org-${organization}`}.json`;

/** Reads a receipt; a string says why it is none. */
export function readReceipt(file: string, content: Uint8Array | string): Receipt | string {
  const bytes = typeof content === "string" ? Buffer.byteLength(content) : content.byteLength;
  if (bytes > MAX_RECEIPT_BYTES)
    return `it is ${bytes} bytes long, and a receipt has at most ${MAX_RECEIPT_BYTES}`;
  let value: unknown;
  try {
    value = JSON.parse(typeof content === "string" ? content : Buffer.from(content).toString());
  } catch {
    return "it is not JSON";
  }
  const parsed = receiptSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `${issue?.path.join(".") || "it"}: ${issue?.message ?? "not what it should be"}`;
  }
  const wanted = receiptFile(parsed.data.tenant, parsed.data.organization);
  return file === wanted ? parsed.data : `what it says belongs into ${wanted}`;
}

export const receiptText = (receipt: Receipt): string => `${JSON.stringify(receipt, null, 2)}\n`;

/** All receipts of a repository, by whom they are about. */
export interface Receipts {
  /** The tenant's own; not one of its organizations'. */
  tenant(id: string): Receipt | undefined;
  /** The organization's, or the whole tenant's, which took it along. */
  organization(tenant: string, organization: string): Receipt | undefined;
}

export function indexReceipts(receipts: Iterable<Receipt>): Receipts {
  const byFile = new Map(
    [...receipts].map((one) => [receiptFile(one.tenant, one.organization), one]),
  );
  const tenant = (id: string) => byFile.get(receiptFile(id, null));
  return {
    tenant,
    organization: (id, organization) => byFile.get(receiptFile(id, organization)) ?? tenant(id),
  };
}

export const NO_RECEIPTS: Receipts = indexReceipts([]);
