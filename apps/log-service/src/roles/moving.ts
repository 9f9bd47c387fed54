import { reasonOf } from "../errors.ts";
import { createRedisClearings } from "../archive/clearings/redis/redis-clearings.ts";
import { MOVER_LIMITS } from "../archive/limits.ts";
import { atMost } from "../archive/mover/at-most.ts";
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
  const end = async (): Promise<void> => {
    await mover.stop();
    clearings.close();
    await writer.close();
  };
  return {
    ...mover,
    // A database that hangs must not keep a process from ending: what it does not answer is not committed.
    stop: () => atMost(end(), MOVER_LIMITS.stopMs),
  };
}

function reportOf(tell: (note: MoverNote) => void): MoverReport {
  return {
    failed: (error) => tell({ kind: "failed", reason: reasonOf(error) }),
    recovered: () => tell({ kind: "recovered" }),
    troubled: (trouble) => tell({ kind: "troubled", trouble }),
    eased: (trouble) => tell({ kind: "eased", trouble }),
    skipped: (skipped) => tell({ kind: "skipped", skipped }),
    quarantined: (records, some) => tell({ kind: "quarantined", records, some }),
    dropped: (dropped) => tell({ kind: "dropped", dropped }),
  };
}
