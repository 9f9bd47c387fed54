import { parentPort, workerData } from "node:worker_threads";

import { tombstoneMask } from "../query/engine/tombstones.ts";
import type { Retained, RetentionPolicy, WorkStats } from "../store/port.ts";
import type { RedisAddress } from "../store/redis/connection.ts";
import { createRedisStore } from "../store/redis/redis-store.ts";
import { noteModules } from "./launch.ts";
import { reasonOf, startWorkLoop, type WorkReport } from "./work-loop.ts";

export interface WorkThreadData {
  readonly address: RedisAddress;
  readonly policy: RetentionPolicy;
  /** After how long without work the thread ends; tests cannot wait a minute. */
  readonly restMs?: number;
}

/** What the thread tells; an error as its text, as classes do not cross threads. */
export type FromWorkThread =
  | { readonly kind: "dropped"; readonly retained: Retained }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "jumped"; readonly ms: number }
  | { readonly kind: "recovered" }
  | { readonly kind: "stats"; readonly stats: WorkStats };

/** What the work thread runs: a store of its own, so that merging holds up nobody. */
const data: WorkThreadData = workerData;
const port = parentPort;
if (port !== null) {
  const tell = (message: FromWorkThread): void => port.postMessage(message);
  const store = createRedisStore(data.address, { compileTombstone: tombstoneMask });
  const report: WorkReport = {
    dropped: (retained) => tell({ kind: "dropped", retained }),
    failed: (error) => tell({ kind: "failed", reason: reasonOf(error) }),
    jumped: (ms) => tell({ kind: "jumped", ms }),
    recovered: () => tell({ kind: "recovered" }),
    stats: (stats) => tell({ kind: "stats", stats }),
  };
  noteModules();
  const loop = startWorkLoop(store, data.policy, report, { restMs: data.restMs });
  const end = async (): Promise<void> => {
    await loop.stop();
    await store.close();
    port.close();
  };
  port.once("message", end);
  void loop.resting.then(end);
}
