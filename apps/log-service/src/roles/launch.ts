import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { LAUNCH_LIMITS } from "../limits.ts";

/**
 * What only a start can set, and makes a third of an idle process: Node's own cache of modules, with
 * which no thread loads the code that takes types out of them; the bound of the young
 * generation; one of glibc's arenas, in which each thread takes what another has freed: at full load its
 * lock costs nothing that shows, and each further arena keeps some 20 MB that nobody uses.
 */
const YOUNG = `--max-semi-space-size=${LAUNCH_LIMITS.semiSpaceMiB}`;

/** Lets `tidyWhenIdle` collect. */
const COLLECTS = "--expose-gc";

/** The argument by which the program loads a role's modules and ends. */
export const WARM = "--warm";

/**
 * Begins this program anew with those, as the same process; returns where that is so, or cannot be.
 * @param role In production it is loaded once by another process before, if modules never were: a
 *   pod's first start is mostly its only one.
 */
export function launch(role: string): void {
  const { execArgv, execPath, argv, env } = process;
  const [, program] = argv;
  if (execArgv.includes(YOUNG) || program === undefined || typeof process.execve !== "function") {
    return;
  }
  const cache = env["NODE_COMPILE_CACHE"] ?? cacheFolder(tmpdir());
  const started = Object.fromEntries(
    Object.entries({ MALLOC_ARENA_MAX: "1", ...env, NODE_COMPILE_CACHE: cache }).flatMap(
      ([name, value]) => (value === undefined ? [] : [[name, value]]),
    ),
  );
  const args = [...execArgv, YOUNG, COLLECTS, program];
  if (cache !== undefined && env["NODE_ENV"] === "production" && isFirst(cache)) {
    const timeout = LAUNCH_LIMITS.warmMs;
    spawnSync(execPath, [...args, role, WARM], { env: started, stdio: "ignore", timeout });
  }
  process.execve(execPath, [execPath, ...args, ...argv.slice(2)], started);
}

/** Notes what this thread has loaded, once that is all of it: Node does so at an orderly end only. */
export function noteModules(): void {
  setTimeout(flushCompileCache, LAUNCH_LIMITS.settleMs).unref();
}

/**
 * A folder that nobody else can write to, as what lies in it is run.
 * @returns undefined if there is none: all goes on without.
 */
export function cacheFolder(parent: string): string | undefined {
  const user = process.getuid?.();
  const folder = join(parent, `neurallog-modules-${user}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It is there, or cannot be: what is found there tells.
  }
  try {
    const found = lstatSync(folder);
    const isOurs = found.isDirectory() && found.uid === user && (found.mode & 0o022) === 0;
    return isOurs ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** Whether nobody has begun to fill it; makes the note that somebody has. */
function isFirst(cache: string): boolean {
  try {
    mkdirSync(join(cache, "warmed"));
    return true;
  } catch {
    return false;
  }
}
