import { presentRecord } from "../../../apps/log-service/src/record/present.ts";
import type { LogRecord, PreparedRecord } from "../../../apps/log-service/src/record/record.ts";
import { createMemoryStore } from "../../../apps/log-service/src/store/memory/memory-store.ts";
import type { LogStore } from "../../../apps/log-service/src/store/port.ts";

/** A store in memory that also shows what a door handed to it, as callers would see it. */
export function keepingStore(): { readonly store: LogStore; readonly kept: LogRecord[] } {
  const store = createMemoryStore();
  const kept: LogRecord[] = [];
  const append = store.append.bind(store);
  store.append = (records: readonly PreparedRecord[], options) => {
    kept.push(...records.map((record) => presentRecord("", record)));
    return append(records, options);
  };
  return { store, kept };
}
