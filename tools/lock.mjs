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
 * @returns {{ pid: number, birth: string, text: string } | undefined} undefined when nobody holds it
 */
export function lockHolder(path) {
  try {
    const text = readFileSync(path, "utf8");
    const { pid, birth: born } = JSON.parse(text);
    return { pid: Number(pid), birth: String(born), text };
  } catch {
    return undefined;
  }
}

/**
 * Takes the lock file if no living process holds it; one whose holder died is taken over.
 * @param {string} path
 * @returns {{ release: () => void } | { heldBy: number }} the way to give it back, or the holder's process id
 */
export function tryLock(path) {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const mine = JSON.stringify({ pid: process.pid, birth: birth(process.pid) });
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    for (;;) {
      try {
        // A link appears whole or not at all: nobody ever reads a lock without its holder.
        linkSync(draft, path);
        return {
          release: () => {
            if (lockHolder(path)?.text === mine) rmSync(path, { force: true });
          },
        };
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      }
      const holder = lockHolder(path);
      if (holder && isAlive(holder)) return { heldBy: holder.pid };
      breakLock(path, draft, holder?.text);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Moves a dead holder's lock away. Two may find it dead at once, and the slower would move the
 * faster one's fresh lock: what was moved is compared, and put back when it is another.
 * @param {string} path
 * @param {string} draft
 * @param {string | undefined} dead
 */
function breakLock(path, draft, dead) {
  const moved = `${draft}.dead`;
  try {
    renameSync(path, moved);
    if (dead !== undefined && readFileSync(moved, "utf8") !== dead) linkSync(moved, path);
  } catch {
    // Somebody was faster: the next round sees what is there now.
  }
  rmSync(moved, { force: true });
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
