import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

/** A Lua script and its SHA-1, by which the server remembers it. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
  readonly keys: number;
}

/** @param lua Begins with `#!lua`: then the server refuses it before it wrote anything when memory is full. */
export function script(keys: number, lua: string): Script {
  const text = lua.trimStart();
  return { lua: text, sha: createHash("sha1").update(text).digest("hex"), keys };
}

/** Runs a script, sending its text only to a server that does not know it. */
export async function runScript(
  client: Redis,
  { lua, sha, keys }: Script,
  args: readonly (string | number | Buffer)[],
): Promise<unknown> {
  try {
    return await client.call("EVALSHA", sha, keys, ...args);
  } catch (error) {
    // Refused before it ran, so sending it again stores nothing twice.
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
    return client.call("EVAL", lua, keys, ...args);
  }
}
