import { mastersOf, type RedisClient } from "../connection.ts";
import type { Lane } from "../keys.ts";

/** One server's memory, and the lanes that lie on it. */
export interface ServerMemory {
  /** Bytes that count against `limit`. */
  readonly used: number;
  /** `maxmemory`; 0 for none. */
  readonly limit: number;
  readonly lanes: readonly Lane[];
}

/** Milliseconds since the epoch as the servers have them; of several the earliest. */
export async function clockOf(client: RedisClient): Promise<number> {
  const times = await Promise.all(mastersOf(client).map((master) => master.time()));
  return Math.min(...times.map(([seconds]) => Number(seconds) * 1_000));
}

export async function memoryOf(
  client: RedisClient,
  lanes: readonly Lane[],
): Promise<readonly ServerMemory[]> {
  const masters = mastersOf(client);
  return Promise.all(
    masters.map(async (master) => {
      const info = await master.info("memory");
      const field = (name: string) =>
        Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
      return {
        used: field("used_memory") - field("mem_not_counted_for_evict"),
        limit: field("maxmemory"),
        lanes: masters.length === 1 ? lanes : await lanesOn(master, lanes),
      };
    }),
  );
}

/** A server of a cluster refuses keys that lie on another. */
async function lanesOn(
  master: ReturnType<typeof mastersOf>[number],
  lanes: readonly Lane[],
): Promise<readonly Lane[]> {
  const answers = await Promise.allSettled(lanes.map(({ keys }) => master.hlen(keys.writers)));
  return lanes.filter((_, index) => answers[index]?.status === "fulfilled");
}
