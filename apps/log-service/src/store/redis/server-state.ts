import type { Redis } from "ioredis";

import type { Durability, ServerState } from "../port.ts";

/** What a server says of itself, and what it told beyond that about whether it takes writes. */
export interface InspectedServer extends ServerState {
  readonly isLoading: boolean;
  /** Memory that counts against `maxBytes`: buffers of replicas and the file do not. */
  readonly countedBytes: number;
}

/** @throws what the driver throws when the server does not answer, or refuses. */
export async function readServerState(client: Redis): Promise<InspectedServer> {
  const [text, durability] = await Promise.all([client.call("INFO"), durabilityOf(client)]);
  const info = readInfo(String(text));
  const number = (name: string) => Number(info.get(name) ?? 0);
  const valkey = info.get("valkey_version");
  const { host = "", port = "" } = client.options;
  const usedBytes = number("used_memory");
  return {
    address: `${host}:${port}`,
    version: valkey === undefined ? `redis ${info.get("redis_version") ?? ""}` : `valkey ${valkey}`,
    role: info.get("role") ?? "",
    usedBytes,
    dataBytes: number("used_memory_dataset"),
    countedBytes: usedBytes - number("mem_not_counted_for_evict"),
    maxBytes: number("maxmemory"),
    policy: info.get("maxmemory_policy") ?? "",
    durability,
    fileOk:
      info.get("aof_enabled") !== "1" ||
      (info.get("aof_last_write_status") === "ok" &&
        info.get("aof_last_bgrewrite_status") === "ok"),
    replicas: number("connected_slaves"),
    isLoading: info.get("loading") === "1",
  };
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
