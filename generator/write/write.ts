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
import { parents, type Difference } from "./overlays.ts";

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
    mkdirSync(staging, { recursive: true });
    const staged = changed.map((difference, i) => stage(staging, i, difference));
    for (const each of staged) place(root, each);
    for (const difference of changed) result.removed += remove(root, difference.remove);
    for (const folder of retired) result.removed += retire(root, staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  for (const difference of changed) result.written += difference.write.size;
  return result;
}

/** Where the parts of a difference wait: a whole folder, or file by file. */
interface Staged {
  difference: Difference;
  /** Folder of a new overlay. */
  folder: string | null;
  /** Path -> file aside, of an overlay that is there already. */
  files: Map<string, string>;
}

function stage(staging: string, number: number, difference: Difference): Staged {
  const aside = `${staging}/${number}`;
  mkdirSync(aside);
  if (!difference.isNew) {
    const files = new Map<string, string>();
    for (const [path, text] of difference.write) {
      files.set(path, `${aside}/${files.size}`);
      writeFileSync(`${aside}/${files.size - 1}`, text);
    }
    return { difference, folder: null, files };
  }
  const inside = (path: string): string => aside + path.slice(difference.folder.length);
  // Shorter paths first, so that each parent is there: asking for `recursive` would cost a call for every step of it.
  for (const folder of [...parents(difference.write.keys(), difference.folder)].sort(byLength)) {
    mkdirSync(inside(folder));
  }
  for (const [path, text] of difference.write) writeFileSync(inside(path), text);
  return { difference, folder: aside, files: new Map() };
}

const byLength = (a: string, b: string): number => a.length - b.length;

function place(root: string, { difference, folder, files }: Staged): void {
  const home = join(root, difference.folder);
  if (folder !== null) {
    // One rename for a whole tenant: nobody ever sees half of it.
    mkdirSync(dirname(home), { recursive: true });
    renameSync(folder, home);
    return;
  }
  for (const folder of [...parents(difference.write.keys(), difference.folder)].sort(byLength)) {
    makeFolder(join(root, folder));
  }
  for (const [path, aside] of files) {
    const target = join(root, path);
    if (lstatSync(target, { throwIfNoEntry: false })?.isDirectory() === true) {
      rmSync(target, { recursive: true });
    }
    renameSync(aside, target);
  }
}

/** A file or a link that stands where a folder has to be goes. */
function makeFolder(path: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory() === true) return;
  if (there !== undefined) rmSync(path);
  mkdirSync(path);
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
