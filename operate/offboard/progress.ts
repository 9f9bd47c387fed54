// What the cluster remembers of an off-boarding, in the ConfigMap neurallog-system/offboarded: from its first step on, so
// that a run which was killed is taken up by the next with what was checked, and nothing else. Admission keeps a tenant
// that is named there from being made anew.
import { z } from "zod";
import { receiptSchema, type Receipt } from "../../generator/record/receipt.ts";
import { failure } from "../errors.ts";
import { KINDS } from "../kubernetes/kinds.ts";
import type { Reader } from "../kubernetes/reader.ts";
import { textAt } from "../../tools/values.ts";
import type { Writer } from "../kubernetes/writer.ts";

const volume = z.strictObject({ name: z.string(), claim: z.string(), uid: z.string() });

/** Before it is done: the receipt without its end, and the claims that its volumes belonged to. */
const leaving = z.strictObject({
  state: z.literal("leaving"),
  receipt: receiptSchema,
  /** Uid of the Application; null where there was none. */
  application: z.string().nullable(),
  volumes: z.array(volume).max(10_000),
});

export type Leaving = z.infer<typeof leaving>;
export type Progress = { readonly leaving: Leaving } | { readonly done: Receipt };

const MAP = { namespace: "neurallog-system", name: "offboarded" };

/** Key of a tenant, or of an organization that leaves alone: no tenant's id has `-org-` in it. */
export const progressKey = (tenant: string, organization: string | null): string =>
  organization === null ? tenant : `${tenant}-org-${organization}`;

export async function readProgress(reader: Reader, key: string): Promise<Progress | undefined> {
  const map = await reader.get(KINDS.configMaps, MAP.namespace, MAP.name);
  if (map === undefined)
    throw failure("not-found", {
      what: `ConfigMap ${MAP.namespace}/${MAP.name}: apply the platform`,
    });
  const text = textAt(map, "data", key);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const unfinished = leaving.safeParse(value);
  if (unfinished.success) return { leaving: unfinished.data };
  const receipt = receiptSchema.safeParse(value);
  if (receipt.success) return { done: receipt.data };
  throw failure("offboard-progress", { key });
}

export async function writeProgress(
  writer: Writer,
  key: string,
  value: Leaving | Receipt,
): Promise<void> {
  await writer.patch(KINDS.configMaps, MAP.namespace, MAP.name, {
    data: { [key]: JSON.stringify(value) },
  });
}
