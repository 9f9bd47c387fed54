import { Cluster, type Redis } from "ioredis";

import { STORE_LIMITS } from "../../limits.ts";
import type { Durability, ServerState, StoreHealth } from "../port.ts";
import { mastersOf, type RedisClient } from "./connection.ts";
import { failureOf, unavailable } from "./failure.ts";
import { listOf } from "./fetch.ts";
import { runScript } from "./script.ts";
import { PROBE } from "./scripts.ts";
import { readServerState, type InspectedServer } from "./server-state.ts";

type Trouble = Extract<StoreHealth, { readonly ready: false }>;

/**
 * Asks the server, or each one of a cluster, what it promises: together they promise what the worst
 * does. A policy that evicts would silently lose streams, so such a server counts as misconfigured,
 * not as ready.
 */
export async function inspectServer(client: RedisClient): Promise<StoreHealth> {
  const nodes = await Promise.all(mastersOf(client).map(inspectNode));
  const servers = nodes.flatMap(({ state }) => state ?? []);
  if (nodes.length < (await countMasters(client))) {
    const { code } = unavailable();
    return { ready: false, code, reason: "a node of the cluster is not there", servers };
  }
  const troubles = nodes.flatMap(({ trouble }) => trouble ?? []);
  const worst = troubles.toSorted((a, b) => rank(a) - rank(b))[0];
  if (worst !== undefined) return { ...worst, servers };
  return { ready: true, durability: weakest(servers), servers };
}

/** What all servers together promise. */
export function weakest(servers: readonly ServerState[]): Durability {
  const promised = servers.map(({ durability }) => durability);
  return DURABILITIES.find((each) => promised.includes(each)) ?? "unknown";
}

/** From the weakest. */
const DURABILITIES: readonly Durability[] = ["none", "unknown", "everysec", "always"];

/** How many servers there should be; the client forgets one that it has lost. */
async function countMasters(client: RedisClient): Promise<number> {
  if (!(client instanceof Cluster)) return 1;
  const ranges: unknown = await client.cluster("SLOTS").catch(() => []);
  const owners = listOf(ranges).map((range) => String(listOf(listOf(range)[2]).slice(0, 2)));
  return Math.max(1, new Set(owners).size);
}

/** A full node among others takes no writes; one that is not there or evicts is worse. */
function rank({ code }: Trouble): number {
  return code === "NL_CONFIG" ? 0 : code === "NL_STORE_FULL" ? 2 : 1;
}

interface Inspection {
  readonly state?: InspectedServer;
  readonly trouble?: Trouble | undefined;
}

async function inspectNode(client: Redis): Promise<Inspection> {
  try {
    const state = await readServerState(client);
    return { state, trouble: toldTrouble(state) ?? (await probe(client)) };
  } catch (error) {
    return { trouble: troubleOf(error) };
  }
}

/** What the server's own words say against it. */
function toldTrouble(state: InspectedServer): Trouble | undefined {
  const { policy, maxBytes, countedBytes } = state;
  const { code } = unavailable();
  if (policy !== "noeviction") {
    const reason = `Redis has maxmemory-policy ${policy}; it must be noeviction`;
    return { ready: false, code: "NL_CONFIG", reason };
  }
  if (state.isLoading) return { ready: false, code, reason: "Redis is loading its data" };
  if (state.role !== "master") {
    return { ready: false, code, reason: "Redis is a replica: it takes no writes" };
  }
  if (maxBytes > 0 && countedBytes + STORE_LIMITS.commitRoom > maxBytes) {
    const reason = "Redis has no room left under its maxmemory";
    return { ready: false, code: "NL_STORE_FULL", reason };
  }
  return undefined;
}

/** What a write says against it: a disk that is full, a right that is missing, replicas that are. */
async function probe(client: Redis): Promise<Trouble | undefined> {
  try {
    await runScript(client, PROBE, [PROBE_KEY]);
    return undefined;
  } catch (error) {
    // A node of a cluster without the probe's slot has checked the right to run scripts all the same.
    if (error instanceof Error && error.message.startsWith("MOVED ")) return undefined;
    return troubleOf(error);
  }
}

/** Never made. */
const PROBE_KEY = "nl:probe";

function troubleOf(error: unknown): Trouble {
  const { code } = failureOf(error).error;
  const reason = error instanceof Error ? error.message : String(error);
  return { ready: false, code, reason };
}
