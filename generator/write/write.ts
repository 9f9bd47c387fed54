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
import { byLength } from "./stage.ts";
import { openStager, type Stager } from "./stager.ts";

export interface Written {
  /** Files. */
  written: number;
  unchanged: number;
  removed: number;
}

/** Where files wait for their place: on the same file system, ignored by Git. */
const stagingFolder = ".neurallog/staging";

/** Takes differences one after the other and applies them all together; each is written aside at once, its texts are not kept. */
export interface Writer {
  add(difference: Difference): void;
  /** Puts everything in its place, then removes what has none any more and the overlays in `retired`. */
  commit(retired: readonly string[]): Written;
  /** Forgets what is aside; after a commit there is nothing. */
  [Symbol.dispose](): void;
}

/**
 * Opens a writer for overlays below `root`. Nothing is synced to the disk: a power cut may lose what was generated, and
 * the next run notices.
 */
export function openWriter(root: string): Writer {
  removeLeftovers(root);
  const staging = join(root, stagingFolder, String(process.pid));
  const staged: Staged[] = [];
  const stager = openStager();
  const result: Written = { written: 0, unchanged: 0, removed: 0 };
  return {
    add(difference) {
      const { write, remove, unchanged } = difference;
      result.unchanged += unchanged;
      result.written += write.size;
      if (write.size === 0 && remove.length === 0) return;
      if (staged.length === 0) mkdirSync(staging, { recursive: true });
      staged.push(stage(stager, `${staging}/${staged.length}`, difference));
    },
    commit(retired) {
      stager.finish();
      for (const each of staged) place(root, each);
      for (const each of staged) result.removed += remove(root, each.remove);
      for (const folder of retired) result.removed += retire(root, staging, folder);
      return result;
    },
    [Symbol.dispose]() {
      stager[Symbol.dispose]();
      rmSync(staging, { recursive: true, force: true });
    },
  };
}

/** What is left of a difference whose files are aside. */
interface Staged {
  overlay: string;
  /** The whole overlay aside, where there was none; else null, and its files one by one. */
  folder: string | null;
  /** Path -> file aside. */
  files: Map<string, string>;
  remove: string[];
}

function stage(
  stager: Stager,
  aside: string,
  { folder: overlay, isNew, write, remove }: Difference,
): Staged {
  const files = new Map<string, string>();
  if (isNew) {
    stager.add({ aside, overlay, files: write });
    return { overlay, folder: aside, files, remove };
  }
  mkdirSync(aside);
  for (const [path, text] of write) {
    const file = `${aside}/${files.size}`;
    files.set(path, file);
    writeFileSync(file, text);
  }
  return { overlay, folder: null, files, remove };
}

function place(root: string, { overlay, folder, files }: Staged): void {
  const home = join(root, overlay);
  if (folder !== null) {
    // One rename for a whole tenant: nobody ever sees half of it. A link or a file of that name gives way.
    rmSync(home, { recursive: true, force: true });
    mkdirSync(dirname(home), { recursive: true });
    renameSync(folder, home);
    return;
  }
  for (const folder of [...parents(files.keys(), overlay)].sort(byLength))
    makeFolder(join(root, folder));
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
