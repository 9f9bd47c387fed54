import { HEAP_PERCENT } from "../limits.ts";
import { quantity } from "../record/quantity.ts";
import type { Resources } from "./plan.ts";

/** V8's heap in a container of these resources, in MiB. */
export const heapMebibytes = ({ limits }: Resources): number =>
  Math.floor((quantity(limits.memory, "bytes") * HEAP_PERCENT) / 100 / 2 ** 20);
