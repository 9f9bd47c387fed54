import { setTimeout as sleep } from "node:timers/promises";

import type { LogStore } from "../../../../apps/log-service/src/store/port.ts";

/** The store, once it says that it is ready. */
export async function readyStore(store: LogStore): Promise<LogStore> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    if ((await store.health()).ready) return store;
    await sleep(5);
  }
  throw new Error(`the store does not get ready: ${JSON.stringify(await store.health())}`);
}
