import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Blob, readBlobs } from "../../git.ts";

/** One of the two states that are compared: the merge base, or the work tree. */
export interface Side {
  readonly words: string;
  /** Every file below overlays/, bases/ and tenants/. */
  readonly files: ReadonlyMap<string, Blob>;
  /** The text of files of this side. */
  read(paths: readonly string[]): Map<string, string> | { problem: string };
}

export function baseSide(root: string, files: ReadonlyMap<string, Blob>): Side {
  return {
    words: "at the merge base",
    files,
    read(paths) {
      const known = paths.filter((path) => files.has(path));
      const blobs = readBlobs(
        root,
        known.map((path) => files.get(path)?.id ?? ""),
      );
      if ("problem" in blobs) return blobs;
      return new Map(known.map((path, i) => [path, blobs[i]?.toString() ?? ""]));
    },
  };
}

/** The base's files with those of the work tree that differ from them, read once. */
export function headSide(
  root: string,
  base: ReadonlyMap<string, Blob>,
  changed: readonly string[],
): Side {
  const files = new Map(base);
  const width = base.values().next().value?.id.length === 64 ? "sha256" : "sha1";
  for (const path of changed) {
    if (!/^(?:bases|overlays|tenants)\//.test(path)) continue;
    const blob = blobOf(join(root, path), width);
    if (blob === undefined) files.delete(path);
    else files.set(path, blob);
  }
  return {
    words: "as it is now",
    files,
    read: (paths) =>
      new Map(
        paths
          .filter((path) => files.has(path) && files.get(path)?.mode !== LINK)
          .map((path) => [path, readFileSync(join(root, path), "utf8")]),
      ),
  };
}

const LINK = "120000";

/** A file as Git would name it, so that it is known again when it is committed. */
function blobOf(path: string, algorithm: string): Blob | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory()) return undefined;
  const isLink = found.isSymbolicLink();
  if (!isLink && !found.isFile()) return undefined;
  const content = isLink ? Buffer.from(readlinkSync(path)) : readFileSync(path);
  const id = createHash(algorithm).update(`blob ${content.length}\0`).update(content).digest("hex");
  return { mode: isLink ? LINK : (found.mode & 0o100) === 0 ? "100644" : "100755", id };
}

/** Writes files of a side below a folder; links stay out, which no build may follow anyway. */
export function writeFiles(
  side: Side,
  paths: readonly string[],
  folder: string,
): { problem: string } | undefined {
  const plain = paths.filter((path) => side.files.get(path)?.mode !== LINK);
  const texts = side.read(plain);
  if ("problem" in texts) return texts;
  const made = new Set<string>();
  for (const [path, text] of texts) {
    const parent = dirname(join(folder, path));
    if (!made.has(parent)) mkdirSync(parent, { recursive: true });
    made.add(parent);
    writeFileSync(join(folder, path), text);
  }
  return undefined;
}
