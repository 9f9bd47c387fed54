import { parseQuantity } from "../../../generator/record/quantity.ts";
import { listAt, textAt } from "../../../tools/values.ts";
import { identityOf, type Identity } from "./identity.ts";

/** What metrics.k8s.io says of a pod: the bytes that each of its containers holds. */
export type PodMemory = Identity & { bytes: Readonly<Record<string, number>> };

export const podMemoryOf = (object: unknown): PodMemory => ({
  ...identityOf(object),
  bytes: Object.fromEntries(
    listAt(object, "containers").flatMap((container) => {
      const parsed = parseQuantity(textAt(container, "usage", "memory") ?? "", "bytes");
      return "problem" in parsed ? [] : [[textAt(container, "name") ?? "", parsed.value]];
    }),
  ),
});
