import { runProgram } from "../process.ts";

export interface RedisServer {
  /** The program to start. */
  path: string;
  /** Such as 7.0.15. */
  version: string;
}

/** "Redis server v=7.0.15 sha=…", "Valkey server v=8.1.4 sha=…"; undefined when it does not run. */
export async function versionOf(path: string): Promise<string | undefined> {
  const { code, stdout } = await runProgram(path, ["--version"]);
  return code === 0 ? /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1] : undefined;
}
