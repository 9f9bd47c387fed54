import type { Redis } from "ioredis";

import { STORE_LIMITS } from "../../limits.ts";
import type { Durability, StoreHealth } from "../port.ts";
import { failureOf } from "./failure.ts";

/**
 * Asks the server what it promises. A policy that evicts would silently lose streams, so such a
 * server counts as misconfigured, not as ready.
 */
export async function inspectServer(client: Redis): Promise<StoreHealth> {
  try {
    const memory = readInfo(String(await client.call("INFO", "memory")));
    const policy = memory.get("maxmemory_policy");
    if (policy !== "noeviction") {
      return {
        ready: false,
        code: "NL_CONFIG",
        reason: `Redis has maxmemory-policy ${policy}; it must be noeviction`,
      };
    }
    const limit = Number(memory.get("maxmemory") ?? 0);
    const used = Number(memory.get("used_memory") ?? 0);
    const uncounted = Number(memory.get("mem_not_counted_for_evict") ?? 0);
    if (limit > 0 && used - uncounted + STORE_LIMITS.commitRoom > limit) {
      return {
        ready: false,
        code: "NL_STORE_FULL",
        reason: "Redis has no room left under its maxmemory",
      };
    }
    return { ready: true, durability: await durabilityOf(client) };
  } catch (error) {
    const failure = failureOf(error).error;
    const reason = error instanceof Error ? error.message : String(error);
    return { ready: false, code: failure.code, reason };
  }
}

async function durabilityOf(client: Redis): Promise<Durability> {
  let reply: unknown;
  try {
    reply = await client.call("CONFIG", "GET", "append*");
  } catch {
    // Managed servers often do not tell.
    return "unknown";
  }
  const settings = new Map<unknown, unknown>();
  if (Array.isArray(reply)) {
    for (let at = 0; at < reply.length; at += 2) settings.set(reply[at], reply[at + 1]);
  }
  if (settings.get("appendonly") !== "yes") return "none";
  const fsync = settings.get("appendfsync");
  return fsync === "always" || fsync === "everysec" ? fsync : "none";
}

function readInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split("\r\n").flatMap((line): [string, string][] => {
      const colon = line.indexOf(":");
      return colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
    }),
  );
}
