// Which overlays need no second look. An overlay that once was what its record gives is so again as long as the record,
// the code and the files' own marks (inode, size, times) are the same: a thousand of them cost a few milliseconds then,
// where rendering and reading them costs a second. Whatever is in doubt is rendered and compared.
import { hash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { codeVersion } from "../plan/code-version.ts";

/** An overlay that was found, or made, as it is to be. */
const seal = z.object({
  /** Of the record, its cluster's record and the releases. */
  fingerprint: z.string(),
  files: z.number(),
  /** Files and folders, from the overlay's own folder. */
  paths: z.array(z.string()),
  /** How they looked; empty where a change might still hide behind the clock's step. */
  look: z.string(),
});
type Seal = z.infer<typeof seal>;
const content = z.object({ version: z.string(), seals: z.record(z.string(), seal) });

/** Changes that follow within this time can bear the same time: the clock of file systems goes in steps of up to 10 ms. */
const clockStep = 20;

export interface Seals {
  /** How many files an overlay has that needs no look; undefined for one that does. */
  check(folder: string, fingerprint: string): number | undefined;
  /** Notes an overlay that is now as it is to be; `paths` are its files and folders, from the root. */
  put(folder: string, fingerprint: string, files: number, paths: readonly string[]): void;
  save(): void;
}

/** Opens the seals of a repository; none where the file is missing, damaged or of other code. */
export function openSeals(root: string): Seals {
  const file = join(root, ".neurallog/cache/overlays.json");
  // All that a record passes on its way to files.
  const version = codeVersion(["record", "plan", "render", "templates", "write"]);
  const known = readKnown(file, version);
  const current = new Map<string, Seal>();
  return {
    check(folder, fingerprint) {
      const found = known.get(folder);
      if (found === undefined || found.fingerprint !== fingerprint || found.look === "")
        return undefined;
      if (lookOf(root, folder, found.paths) !== found.look) return undefined;
      current.set(folder, found);
      return found.files;
    },
    put(folder, fingerprint, files, paths) {
      const inside = paths.map((path) => path.slice(folder.length + 1));
      current.set(folder, {
        fingerprint,
        files,
        paths: inside,
        look: lookOf(root, folder, inside),
      });
    },
    save() {
      const same =
        current.size === known.size &&
        [...current].every(([folder, one]) => known.get(folder) === one);
      if (same) return;
      mkdirSync(dirname(file), { recursive: true });
      // Two commands at once: each leaves a whole file, and the later one stays.
      const whole = `${file}.${process.pid}`;
      writeFileSync(whole, JSON.stringify({ version, seals: Object.fromEntries(current) }));
      renameSync(whole, file);
    },
  };
}

function readKnown(file: string, version: string): Map<string, Seal> {
  try {
    const found = content.parse(JSON.parse(readFileSync(file, "utf8")));
    return new Map(found.version === version ? Object.entries(found.seals) : []);
  } catch {
    return new Map();
  }
}

/**
 * The marks of an overlay's folder, folders and files. A folder's change when anything is added to it, removed or
 * replaced; a file's when it is written. Empty for an overlay that lacks one, or that changed just now.
 */
function lookOf(root: string, folder: string, paths: readonly string[]): string {
  const newest = Date.now() - clockStep;
  const home = `${root}/${folder}`;
  let marks = "";
  for (const path of ["", ...paths]) {
    const found = lstatSync(path === "" ? home : `${home}/${path}`, { throwIfNoEntry: false });
    // A folder that was put in its place a moment ago has a new change time; what is in it is as old as its mtime.
    const changed = found?.isDirectory() === true ? found.mtimeMs : found?.ctimeMs;
    if (found === undefined || changed === undefined || changed > newest) return "";
    marks += `${found.mode} ${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}\n`;
  }
  return hash("sha1", marks);
}
