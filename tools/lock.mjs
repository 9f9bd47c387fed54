// Lock files between processes. Plain JavaScript: the bootstrap needs it before anything is installed.
import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * When a process was born, in kernel ticks: a lock that outlived its holder must not be held by a
 * stranger that got the same process id. Empty where there is no /proc; the id alone decides there.
 * @param {number} pid
 * @returns {string}
 */
export function birth(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command's name may hold spaces and brackets: fields are counted after its last bracket.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

/**
 * @param {{ pid: number, birth: string }} holder
 * @returns {boolean}
 */
export function isAlive(holder) {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  return holder.birth === birth(holder.pid);
}

/**
 * @param {string} path
 * @returns {string | undefined} undefined when nobody holds it
 */
function readLock(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * @param {string | undefined} text a lock file's
 * @returns {{ pid: number, birth: string } | undefined} undefined for what no holder wrote
 */
function readHolder(text) {
  try {
    const { pid, birth: born } = JSON.parse(text ?? "");
    return { pid: Number(pid), birth: String(born) };
  } catch {
    return undefined;
  }
}

/**
 * @param {string} path
 * @returns {{ pid: number, birth: string } | undefined} undefined when nobody holds it
 */
export function lockHolder(path) {
  return readHolder(readLock(path));
}

/**
 * Takes the lock file if no living process holds it; one whose holder died is taken over. Several may
 * find it dead at once: only who holds the lock on taking over may replace the file, and looks again
 * first, so that nobody replaces a living holder's.
 * @param {string} path
 * @returns {{ release: () => void } | { heldBy: number }} the way to give it back, or the holder's process id
 */
export function tryLock(path) {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const mine = JSON.stringify({ pid: process.pid, birth: birth(process.pid) });
  const taken = {
    release: () => {
      if (readLock(path) === mine) rmSync(path, { force: true });
    },
  };
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    for (;;) {
      try {
        // A link appears whole or not at all: nobody ever reads a lock without its holder.
        linkSync(draft, path);
        return taken;
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      }
      const found = readLock(path);
      if (found === undefined) continue;
      const holder = readHolder(found);
      if (holder && isAlive(holder)) return { heldBy: holder.pid };
      const takeover = tryLock(`${path}.takeover`);
      if (!("release" in takeover)) return takeover;
      try {
        if (readLock(path) !== found) continue;
        renameSync(draft, path);
        return taken;
      } finally {
        takeover.release();
      }
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Runs `work` while holding the lock; waits for whoever holds it, however long that takes.
 * @template T
 * @param {string} path
 * @param {() => T | Promise<T>} work
 * @param {(pid: number) => void} [onWait] told once, with the process id that is waited for
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait) {
  let told = false;
  for (;;) {
    const lock = tryLock(path);
    if ("release" in lock) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    if (!told) onWait?.(lock.heldBy);
    told = true;
    await sleep(100);
  }
}
