// Bytes onto the disk, so that a kill at any moment leaves files that are old or new, never half of one, and the next
// run ends with the same tree. All new files are written aside first; then each takes its place by a rename; what has
// no place any more goes last.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Difference } from "./overlays.ts";

export interface Written {
  /** Files. */
  written: number;
  unchanged: number;
  removed: number;
}

/** Where files wait for their place: on the same file system, ignored by Git. */
const stagingFolder = ".neurallog/staging";

/**
 * Applies differences below `root`, then removes the overlays in `retired`. Nothing is synced to the disk: a power cut
 * may lose what was generated, and the next run notices.
 */
export function writeOverlays(
  root: string,
  differences: readonly Difference[],
  retired: readonly string[],
): Written {
  removeLeftovers(root);
  const staging = join(root, stagingFolder, String(process.pid));
  const result: Written = { written: 0, unchanged: 0, removed: 0 };
  const changed = differences.filter(({ write, remove }) => write.size > 0 || remove.length > 0);
  for (const difference of differences) result.unchanged += difference.unchanged;
  if (changed.length === 0 && retired.length === 0) return result;
  try {
    for (const difference of changed) stage(staging, difference);
    for (const difference of changed) place(root, staging, difference);
    for (const difference of changed) result.removed += remove(root, difference.remove);
    for (const folder of retired) result.removed += retire(root, staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  for (const difference of changed) result.written += difference.write.size;
  return result;
}

function stage(staging: string, { write }: Difference): void {
  const made = new Set<string>();
  for (const [path, text] of write) {
    const target = join(staging, path);
    const folder = dirname(target);
    if (!made.has(folder)) mkdirSync(folder, { recursive: true });
    made.add(folder);
    writeFileSync(target, text);
  }
}

function place(root: string, staging: string, { folder, isNew, write }: Difference): void {
  if (isNew && !existsSync(join(root, folder))) {
    // One rename for a whole tenant: nobody ever sees half of it.
    mkdirSync(dirname(join(root, folder)), { recursive: true });
    renameSync(join(staging, folder), join(root, folder));
    return;
  }
  const made = new Set<string>();
  for (const path of write.keys()) {
    const target = join(root, path);
    const parent = dirname(path);
    if (!made.has(parent)) makeFolder(root, folder, parent);
    made.add(parent);
    if (lstatSync(target, { throwIfNoEntry: false })?.isDirectory() === true)
      rmSync(target, { recursive: true });
    renameSync(join(staging, path), target);
  }
}

/** The folders from the overlay's own down to `path`; a file or link that stands where one has to be goes. */
function makeFolder(root: string, overlay: string, path: string): void {
  if (path.length < overlay.length) return;
  makeFolder(root, overlay, dirname(path));
  const target = join(root, path);
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (there?.isDirectory() === true) return;
  if (there !== undefined) rmSync(target);
  mkdirSync(target);
}

function remove(root: string, paths: readonly string[]): number {
  for (const path of paths) rmSync(join(root, path), { recursive: true, force: true });
  return paths.length;
}

/** Moved away in one step: half an overlay would look like a tenant that lost its policies. */
function retire(root: string, staging: string, folder: string): number {
  const target = join(staging, "retired", folder);
  mkdirSync(dirname(target), { recursive: true });
  renameSync(join(root, folder), target);
  return readdirSync(target, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  ).length;
}

/** What runs that were killed left aside. Those of processes that still run are theirs. */
function removeLeftovers(root: string): void {
  const folder = join(root, stagingFolder);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (!isRunning(Number(name))) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process runs, too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
