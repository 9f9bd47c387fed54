import { parseQuantity } from "../../../generator/record/quantity.ts";
import { textsAt } from "../../../tools/values.ts";
import { identityOf, type Identity } from "./identity.ts";

export type QuotaUse = {
  /** Like `limits.memory`. */
  key: string;
  used: string;
  hard: string;
  /** Of hard, in percent; undefined where hard is 0 or one of the two cannot be read. */
  percent: number | undefined;
};

export type Quota = Identity & { uses: QuotaUse[] };

export function quotaOf(object: unknown): Quota {
  // What is counted, not what is asked for: the controller may not have seen a new spec yet.
  const hard = textsAt(object, "status", "hard");
  const used = textsAt(object, "status", "used");
  return {
    ...identityOf(object),
    uses: Object.entries(hard).map(([key, bound]) => {
      const use = used[key] ?? "0";
      return { key, used: use, hard: bound, percent: percentOf(use, bound, key) };
    }),
  };
}

function percentOf(used: string, hard: string, key: string): number | undefined {
  const unit = key.endsWith("cpu") ? "cpu" : "bytes";
  const [part, whole] = [parseQuantity(used, unit), parseQuantity(hard, unit)];
  if ("problem" in part || "problem" in whole || whole.value === 0) return undefined;
  return Math.round((part.value / whole.value) * 100);
}
