import { ServiceError } from "../../errors.ts";
import { CLEARING_LIMITS } from "../limits.ts";
import type { Tombstone } from "../../store/port.ts";
import { inOrder } from "./order.ts";
import type { PendingClearings } from "./port.ts";

/** Clearings that end with the process: for tests. */
export function createMemoryClearings(): PendingClearings {
  const pending = new Map<string, Tombstone>();
  return {
    add: async (tombstone) => {
      if (pending.has(tombstone.id)) return;
      if (pending.size >= CLEARING_LIMITS.pending) throw new ServiceError("NL_CLEAR_LIMIT");
      pending.set(tombstone.id, tombstone);
    },
    list: async () => inOrder([...pending.values()]),
    done: async (ids) => {
      for (const id of ids) pending.delete(id);
    },
    close: () => undefined,
  };
}
