import { ServiceError } from "../../errors.ts";
import { SETTINGS_LIMITS } from "../../limits.ts";
import type { Settings, SettingsStore } from "../port.ts";
import { Waiters } from "../waiters.ts";

/** Settings that last as long as the process: for tests, and for a store in memory. */
export function createMemorySettings(): SettingsStore {
  let current: Settings = { version: 0, entries: new Map() };
  const waiters = new Waiters();
  return {
    get current() {
      return current;
    },
    read: async () => current,
    put: async (key, value) => {
      const entries = new Map(current.entries);
      if (value === undefined) entries.delete(key);
      else entries.set(key, value);
      if (entries.size > SETTINGS_LIMITS.entries) throw new ServiceError("NL_SETTINGS_FULL");
      current = { version: current.version + 1, entries };
      waiters.wake();
      return current;
    },
    changed: (ms, signal) => waiters.wait(ms, signal),
    close: () => waiters.wake(),
  };
}
