import { setTimeout as sleep } from "node:timers/promises";

import { reasonOf } from "../errors.ts";
import { createRedisClearings } from "../archive/clearings/redis/redis-clearings.ts";
import { MOVER_LIMITS } from "../archive/limits.ts";
import type { MoverReport, RunningMover } from "../archive/mover/mover.ts";
import { tombstoneMask } from "../query/engine/tombstones.ts";
import type { LogStore } from "../store/port.ts";
import type { RedisAddress } from "../store/redis/connection.ts";
import type { MoverSettings } from "./archive.ts";
import type { MoverNote } from "./mover-notes.ts";

/** Starts moving records from a store, which stays its owner's; loads what that needs. */
export async function openMover(
  settings: MoverSettings,
  redis: RedisAddress,
  store: LogStore,
  tell: (note: MoverNote) => void,
): Promise<RunningMover> {
  const [{ createPostgresWriter }, { startMover }] = await Promise.all([
    import("../archive/postgres/writer.ts"),
    import("../archive/mover/mover.ts"),
  ]);
  const { owner, writer: address, readerRole, fullText, policy, buffer } = settings;
  const writer = createPostgresWriter({ writer: address, owner, fullText, readerRole });
  const clearings = createRedisClearings(redis);
  const mover = startMover(
    { store, writer, clearings, compileTombstone: tombstoneMask, policy, buffer },
    reportOf(tell),
  );
  return {
    ...mover,
    stop: () =>
      atMost(async () => {
        await mover.stop();
        clearings.close();
        await writer.close();
      }, MOVER_LIMITS.stopMs),
  };
}

/** A database that hangs must not keep a process from ending: what it does not answer is not committed. */
async function atMost(end: () => Promise<void>, ms: number): Promise<void> {
  const ended = new AbortController();
  const late = sleep(ms, undefined, { signal: ended.signal }).catch(() => undefined);
  await Promise.race([end(), late]);
  ended.abort();
}

function reportOf(tell: (note: MoverNote) => void): MoverReport {
  return {
    failed: (error) => tell({ kind: "failed", reason: reasonOf(error) }),
    recovered: () => tell({ kind: "recovered" }),
    tendFailed: (error) => tell({ kind: "tendFailed", reason: reasonOf(error) }),
    skipped: (skipped) => tell({ kind: "skipped", skipped }),
    quarantined: (records, some) => tell({ kind: "quarantined", records, some }),
    dropped: (dropped) => tell({ kind: "dropped", dropped }),
  };
}
