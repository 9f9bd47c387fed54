import { createHash } from "node:crypto";

import type { RedisClient } from "./connection.ts";

/** A Lua script and its SHA-1, by which the server remembers it. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
  readonly keys: number;
}

export type ScriptArgument = string | number | Buffer;

/** @param lua Begins with `#!lua`: then the server refuses it before it wrote anything when memory is full. */
export function script(keys: number, lua: string): Script {
  const text = lua.trimStart();
  return { lua: text, sha: createHash("sha1").update(text).digest("hex"), keys };
}

/** Runs a script, sending its text only to a server that does not know it. */
export function runScript(
  client: RedisClient,
  script: Script,
  args: readonly ScriptArgument[],
): Promise<unknown> {
  return run(script, args, (name, ...rest) => client.call(name, ...rest));
}

/** The same with every text of the answer as bytes. */
export function runScriptBuffer(
  client: RedisClient,
  script: Script,
  args: readonly ScriptArgument[],
): Promise<unknown> {
  return run(script, args, (name, ...rest) => client.callBuffer(name, ...rest));
}

async function run(
  { lua, sha, keys }: Script,
  args: readonly ScriptArgument[],
  call: (name: string, ...args: ScriptArgument[]) => Promise<unknown>,
): Promise<unknown> {
  try {
    return await call("evalsha", sha, keys, ...args);
  } catch (error) {
    // Refused before it ran, so sending it again stores nothing twice.
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
    return call("eval", lua, keys, ...args);
  }
}
