import { setTimeout as sleep } from "node:timers/promises";

import type { ArchiveReader } from "../archive/port.ts";
import { HEALTH_LIMITS } from "../limits.ts";
import { shared } from "../observe/shared.ts";

/**
 * What the archive takes on disk in bytes, asked once for all who want to know within a moment. Undefined
 * where there is none, and where it does not say so in time.
 */
export function archiveSize(
  reader: Pick<ArchiveReader, "stats"> | undefined,
): () => Promise<number | undefined> {
  return shared(async () => {
    if (reader === undefined) return undefined;
    const late = sleep(HEALTH_LIMITS.inventoryMs, undefined, { ref: false });
    return (await Promise.race([reader.stats(), late]))?.bytes;
  });
}
