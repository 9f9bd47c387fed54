import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join, posix } from "node:path";

/** One entry of a layer. `path` is from the image's root, without a leading slash. */
export type Entry =
  | {
      readonly type: "directory";
      readonly path: string;
      readonly mode: number;
      readonly owner?: number;
    }
  | {
      readonly type: "file";
      readonly path: string;
      readonly mode: number;
      readonly content: Buffer;
    }
  | { readonly type: "symlink"; readonly path: string; readonly target: string };

export function file(path: string, content: Buffer | string, mode = 0o644): Entry {
  return { type: "file", path, mode, content: Buffer.from(content) };
}

/**
 * The files below a folder of this machine as entries below `to`. Modes are made equal (0644, 0755 for what is
 * executable), so that neither a umask nor a checkout's history shows in the image.
 */
export function folder(from: string, to: string, isWanted: (path: string) => boolean): Entry[] {
  const found: Entry[] = [];
  const walk = (relative: string) => {
    for (const item of readdirSync(join(from, relative), { withFileTypes: true })) {
      const path = posix.join(relative, item.name);
      if (!isWanted(item.isDirectory() ? `${path}/` : path)) continue;
      const source = join(from, path);
      const target = posix.join(to, path);
      if (item.isDirectory()) walk(path);
      else if (item.isSymbolicLink())
        found.push({ type: "symlink", path: target, target: readlinkSync(source) });
      else if (item.isFile()) {
        const isExecutable = (statSync(source).mode & 0o100) !== 0;
        found.push(file(target, readFileSync(source), isExecutable ? 0o755 : 0o644));
      }
    }
  };
  walk("");
  return found;
}

/** The entries with every folder above them, each path once, sorted: the order of a file system is nobody's choice. */
export function complete(entries: readonly Entry[]): Entry[] {
  const all = new Map<string, Entry>();
  for (const entry of entries) {
    for (let above = posix.dirname(entry.path); above !== "."; above = posix.dirname(above)) {
      if (!all.has(above)) all.set(above, { type: "directory", path: above, mode: 0o755 });
    }
  }
  for (const entry of entries) {
    const before = all.get(entry.path);
    if (before !== undefined && before.type !== "directory")
      throw new Error(`two entries for ${entry.path}`);
    all.set(entry.path, entry);
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
