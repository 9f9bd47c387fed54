import { ServiceError } from "../../errors.ts";
import { CLEARING_LIMITS } from "../limits.ts";
import type { Tombstone } from "../../store/port.ts";
import { inOrder } from "./order.ts";
import type { PendingClearings } from "./port.ts";

/** Clearings that end with the process: for tests. */
export function createMemoryClearings(): PendingClearings {
  const pending = new Map<string, Tombstone>();
  const intended = new Map<string, Tombstone>();
  const checkRoom = (): void => {
    if (pending.size + intended.size >= CLEARING_LIMITS.pending) {
      throw new ServiceError("NL_CLEAR_LIMIT");
    }
  };
  return {
    begin: async (tombstone) => {
      checkRoom();
      intended.set(tombstone.id, tombstone);
    },
    begun: async () => inOrder([...intended.values()]),
    add: async (tombstone, begun = "") => {
      if (pending.has(tombstone.id)) return;
      if (!intended.delete(begun)) checkRoom();
      pending.set(tombstone.id, tombstone);
    },
    list: async () => inOrder([...pending.values()]),
    done: async (ids) => {
      for (const id of ids) {
        pending.delete(id);
        intended.delete(id);
      }
    },
    close: () => undefined,
  };
}
