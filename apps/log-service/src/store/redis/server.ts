import { Cluster, type Redis } from "ioredis";

import { STORE_LIMITS } from "../../limits.ts";
import type { Durability, StoreHealth } from "../port.ts";
import { mastersOf, type RedisClient } from "./connection.ts";
import { failureOf, unavailable } from "./failure.ts";
import { listOf } from "./fetch.ts";

/**
 * Asks the server, or each one of a cluster, what it promises: together they promise what the worst
 * does. A policy that evicts would silently lose streams, so such a server counts as misconfigured,
 * not as ready.
 */
export async function inspectServer(client: RedisClient): Promise<StoreHealth> {
  const nodes = await Promise.all(mastersOf(client).map(inspectNode));
  if (nodes.length < (await countMasters(client))) {
    return { ready: false, code: unavailable().code, reason: "a node of the cluster is not there" };
  }
  const bad = nodes.filter((node) => !node.ready).toSorted((a, b) => rank(a) - rank(b))[0];
  if (bad !== undefined) return bad;
  const promised = nodes.flatMap((node) => (node.ready ? [node.durability] : []));
  const durability = DURABILITIES.find((each) => promised.includes(each)) ?? "unknown";
  return { ready: true, durability };
}

/** How many servers there should be; the client forgets one that it has lost. */
async function countMasters(client: RedisClient): Promise<number> {
  if (!(client instanceof Cluster)) return 1;
  const ranges: unknown = await client.cluster("SLOTS").catch(() => []);
  const owners = listOf(ranges).map((range) => String(listOf(listOf(range)[2]).slice(0, 2)));
  return Math.max(1, new Set(owners).size);
}

/** From the weakest. */
const DURABILITIES: readonly Durability[] = ["none", "unknown", "everysec", "always"];

/** A full node among others takes no writes; one that is not there or evicts is worse. */
function rank(health: StoreHealth): number {
  if (health.ready) return 3;
  return health.code === "NL_CONFIG" ? 0 : health.code === "NL_STORE_FULL" ? 2 : 1;
}

async function inspectNode(client: Redis): Promise<StoreHealth> {
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
