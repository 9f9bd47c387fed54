import { createHash, type Hash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** An overlay as it is on disk: text by path from the repository's root. */
export interface OverlayFiles {
  /** `overlays/<cluster>/tenants/<id>` */
  readonly folder: string;
  readonly files: ReadonlyMap<string, string>;
}

/** Reads every file below a folder. A link counts as its target's name: nothing is read through it. */
export function readOverlay(root: string, folder: string): OverlayFiles {
  const files = new Map<string, string>();
  visit(root, folder, (path, content) => files.set(path, content()));
  return { folder, files };
}

/** The releases of the bases that an overlay names anywhere, sorted. */
export function releasesOf({ files }: OverlayFiles): string[] {
  const found = new Set<string>();
  for (const text of files.values()) {
    for (const [, release = ""] of text.matchAll(/(?:^|[^\w-])bases\/([\w.-]+)/gm)) {
      found.add(release);
    }
  }
  return [...found].sort();
}

/**
 * Makes the keys of the cache: a hash over everything that a build and its checks read, so that an
 * entry is never out of date. `engine` stands for the tools and the checks themselves.
 */
export function keyMaker(root: string, engine: string): (overlay: OverlayFiles) => string {
  const releases = new Map<string, string>();
  return (overlay) => {
    const hash = createHash("sha256");
    add(hash, engine, overlay.folder);
    for (const release of releasesOf(overlay)) {
      const known = releases.get(release) ?? hashTree(root, [`bases/${release}`]);
      releases.set(release, known);
      add(hash, release, known);
    }
    for (const path of [...overlay.files.keys()].sort()) {
      add(hash, path, overlay.files.get(path) ?? "");
    }
    return hash.digest("hex");
  };
}

/** A hash over the files below some folders, or over files, of a repository. */
export function hashTree(root: string, paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) visit(root, path, (file, content) => add(hash, file, content()));
  return hash.digest("hex");
}

// Lengths keep `a` + `bc` apart from `ab` + `c`.
function add(hash: Hash, ...parts: readonly string[]): void {
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
}

function visit(
  root: string,
  folder: string,
  found: (path: string, content: () => string) => void,
): void {
  const entries = list(root, folder);
  if (entries === undefined) {
    found(folder, () => readFileSync(join(root, folder), "utf8"));
    return;
  }
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) visit(root, path, found);
    else if (entry.isSymbolicLink()) found(path, () => `link to ${readlinkSync(join(root, path))}`);
    else found(path, () => readFileSync(join(root, path), "utf8"));
  }
}

/** The entries of a folder in a fixed order; undefined for a file, none for what is not there. */
function list(root: string, folder: string) {
  try {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOTDIR") return undefined;
    if (code === "ENOENT") return [];
    throw error;
  }
}
