import { join } from "node:path";

import { aptOf } from "../debian.ts";
import { withLock } from "../lock.mjs";
import { isProgram, onPath, thisMachine, type Machine } from "../machine.ts";
import { ToolError } from "../say.ts";
import { installAdvice } from "./advice.ts";
import { debianFolder, unpackDebianServer } from "./debian.ts";
import { versionOf, type RedisServer } from "./version.ts";

export type { RedisServer } from "./version.ts";

/** Scripts with flags and ACL key permissions came with 7.0; Valkey continues from there. */
const oldestMajor = 7;

/**
 * Finds a Redis or Valkey server: on PATH, else an unpacked copy in the cache, else the Debian or
 * Ubuntu package, unpacked into the cache.
 * @throws ToolError with the line to type on this system
 */
export async function findRedis(machine: Machine = thisMachine()): Promise<RedisServer> {
  const tooOld: string[] = [];
  for (const name of ["redis-server", "valkey-server"]) {
    for (const path of onPath(name, machine.path)) {
      const version = await versionOf(path);
      if (version !== undefined && isNewEnough(version)) return { path, version };
      if (version !== undefined) tooOld.push(`${path} is ${version}`);
    }
  }
  const apt = aptOf(machine);
  if (apt) {
    const cached = await fromCache(machine);
    if (cached) return cached;
    // One process fetches; the others wait and find its copy.
    const fetched = await withLock(
      join(machine.cache, "redis.lock"),
      async () => {
        const copy = await fromCache(machine);
        if (copy) return copy;
        machine.say("no Redis server on PATH: getting the distribution's own package");
        const path = await unpackDebianServer(machine, apt);
        return { path, version: await versionOf(path) };
      },
      (pid) => machine.say(`waiting for process ${pid}, which gets a Redis server ...`),
    );
    const { path, version } = fetched;
    if (version === undefined)
      throw new ToolError(`${path} does not start; ${installAdvice(machine)}`);
    if (isNewEnough(version)) return { path, version };
    tooOld.push(`the distribution's package is ${version}`);
  }
  const seen = tooOld.length > 0 ? ` (${tooOld.join("; ")})` : "";
  throw new ToolError(
    `no Redis ${oldestMajor} or newer and no Valkey server was found${seen}.\n${installAdvice(machine)}`,
  );
}

/** Every server on PATH that is new enough, the first of each version. */
export async function serversOnPath(machine: Machine = thisMachine()): Promise<RedisServer[]> {
  const found = new Map<string, RedisServer>();
  for (const name of ["redis-server", "valkey-server"]) {
    for (const path of onPath(name, machine.path)) {
      const version = await versionOf(path);
      const key = `${name} ${version}`;
      if (version !== undefined && isNewEnough(version) && !found.has(key)) {
        found.set(key, { path, version });
      }
    }
  }
  return [...found.values()];
}

async function fromCache(machine: Machine): Promise<RedisServer | undefined> {
  const path = join(debianFolder(machine), "server");
  const version = isProgram(path) ? await versionOf(path) : undefined;
  return version !== undefined && isNewEnough(version) ? { path, version } : undefined;
}

function isNewEnough(version: string): boolean {
  return Number(version.split(".")[0]) >= oldestMajor;
}
