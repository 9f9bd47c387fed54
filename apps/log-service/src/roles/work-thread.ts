import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";

import { reasonOf } from "../errors.ts";
import type { RunningMover } from "../archive/mover/mover.ts";
import type { MovingStats } from "../archive/moving.ts";
import { MOVER_LIMITS } from "../archive/limits.ts";
import { WORK_LIMITS } from "../limits.ts";
import { tombstoneMask } from "../query/engine/tombstones.ts";
import type { Retained, RetentionPolicy, WorkStats } from "../store/port.ts";
import type { RedisAddress } from "../store/redis/connection.ts";
import { createRedisStore } from "../store/redis/redis-store.ts";
import type { MoverSettings } from "./archive.ts";
import { noteModules } from "./launch.ts";
import type { MoverNote } from "./mover-notes.ts";
import { openMover } from "./moving.ts";
import { startWorkLoop, type WorkReport } from "./work-loop.ts";

export interface WorkThreadData {
  readonly address: RedisAddress;
  readonly policy: RetentionPolicy;
  /** Undefined for a tenant without an archive: then nothing that belongs to it is loaded. */
  readonly archive?: MoverSettings | undefined;
  /** After how long without work the thread ends; tests cannot wait a minute. */
  readonly restMs?: number;
}

/** What the thread tells; an error as its text, as classes do not cross threads. */
export type FromWorkThread =
  | { readonly kind: "dropped"; readonly retained: Retained }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "jumped"; readonly ms: number }
  | { readonly kind: "recovered" }
  | { readonly kind: "stats"; readonly stats: WorkStats }
  | { readonly kind: "note"; readonly note: MoverNote }
  | ({ readonly kind: "moving" } & MovingState);

/** How moving goes. */
export interface MovingState {
  readonly stats: MovingStats;
  /** Why nothing is archived, if so. */
  readonly trouble: string | undefined;
  /** The hot store's positions when all was archived; undefined if that is not known. */
  readonly seen: string | undefined;
}

/** What the work thread runs: a store of its own, so that merging holds up nobody. */
const data: WorkThreadData = workerData;
const port = parentPort;
if (port !== null) {
  const tell = (message: FromWorkThread): void => port.postMessage(message);
  const { address, policy, archive, restMs = WORK_LIMITS.restMs } = data;
  const store = createRedisStore(address, {
    compileTombstone: tombstoneMask,
    // Merging keeps its own books; what moving reads is read once.
    headerBytes: MOVER_LIMITS.headerBytes,
  });
  const report: WorkReport = {
    dropped: (retained) => tell({ kind: "dropped", retained }),
    failed: (error) => tell({ kind: "failed", reason: reasonOf(error) }),
    jumped: (ms) => tell({ kind: "jumped", ms }),
    recovered: () => tell({ kind: "recovered" }),
    stats: (stats) => tell({ kind: "stats", stats }),
  };
  noteModules();
  const loop = startWorkLoop(store, policy, report, { restMs });
  const mover =
    archive && (await openMover(archive, address, store, (note) => tell({ kind: "note", note })));
  let told = "";
  const tellMoving = (): void => {
    if (mover === undefined) return;
    const state = { stats: mover.stats(), trouble: mover.trouble(), seen: mover.seen() };
    const text = JSON.stringify(state);
    if (text !== told) tell({ kind: "moving", ...state });
    told = text;
  };
  const timer = setInterval(tellMoving, WORK_LIMITS.memoryMs);
  const end = async (): Promise<void> => {
    clearInterval(timer);
    await loop.stop();
    // What it has seen is not known any more once it has stopped.
    tellMoving();
    await mover?.stop();
    await store.close();
    port.close();
  };
  port.once("message", end);
  void loop.resting.then(() => (mover === undefined ? end() : endOnceRested(mover, end)));

  async function endOnceRested(moving: RunningMover, stop: () => Promise<void>): Promise<void> {
    while (moving.restedMs() < restMs) await sleep(WORK_LIMITS.idleMs);
    await stop();
  }
}
