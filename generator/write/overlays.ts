import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** An overlay that is to be: text by path, from the repository's root. */
export interface Overlay {
  /** `overlays/<cluster>/tenants/<id>`. */
  folder: string;
  files: ReadonlyMap<string, string>;
}

/** What stands between an overlay as it is and as it is to be. */
export interface Difference {
  folder: string;
  /** There is no such folder yet. */
  isNew: boolean;
  /** Files whose bytes differ or that are missing. */
  write: Map<string, string>;
  /** Files, links and folders that have no place in it; the deepest first. */
  remove: string[];
  unchanged: number;
}

/** Compares an overlay with what is on disk under `root`. */
export function compareOverlay(root: string, overlay: Overlay): Difference {
  const found = listTree(root, overlay.folder);
  const difference: Difference = {
    folder: overlay.folder,
    isNew: found === undefined,
    write: new Map(),
    remove: [],
    unchanged: 0,
  };
  if (found === undefined) {
    difference.write = new Map(overlay.files);
    return difference;
  }
  const folders = parents(overlay.files.keys(), overlay.folder);
  for (const [path, text] of overlay.files) {
    if (found.get(path) === "file" && readFileSync(join(root, path), "utf8") === text) {
      difference.unchanged++;
    } else {
      difference.write.set(path, text);
    }
  }
  const isInTheWay = (path: string): boolean => {
    for (const file of overlay.files.keys()) if (path.startsWith(`${file}/`)) return true;
    return false;
  };
  for (const path of found.keys()) {
    if (overlay.files.has(path) || folders.has(path)) continue;
    // What is inside a folder that stands in a file's place goes with it when that is written.
    if (!isInTheWay(path)) difference.remove.push(path);
  }
  difference.remove.reverse();
  return difference;
}

/** Folders of tenants below `root`, whatever is in them: `overlays/<cluster>/tenants/<id>`. */
export function listOverlays(root: string): string[] {
  return namesOf(root, "overlays").flatMap((cluster) => {
    const folder = `overlays/${cluster}/tenants`;
    return namesOf(root, folder).map((id) => `${folder}/${id}`);
  });
}

type Kind = "file" | "folder" | "other";

/** Everything below a folder, each folder before what is in it; undefined where there is no such folder. */
function listTree(root: string, folder: string): Map<string, Kind> | undefined {
  const found = new Map<string, Kind>();
  const visit = (path: string): void => {
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      const inside = `${path}/${entry.name}`;
      // A link is never followed: it could lead out of the repository.
      const kind = entry.isFile() ? "file" : entry.isDirectory() ? "folder" : "other";
      found.set(inside, kind);
      if (kind === "folder") visit(inside);
    }
  };
  // A link of that name is no overlay: what is behind it is somebody else's.
  if (lstatSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory() !== true)
    return undefined;
  visit(folder);
  return found;
}

function namesOf(root: string, folder: string): string[] {
  try {
    return readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

/** Every folder between an overlay's own and files of it. */
export function parents(files: Iterable<string>, overlay: string): Set<string> {
  const folders = new Set<string>();
  for (const path of files) {
    for (let at = path.lastIndexOf("/"); at > overlay.length; at = path.lastIndexOf("/", at - 1)) {
      folders.add(path.slice(0, at));
    }
  }
  return folders;
}
