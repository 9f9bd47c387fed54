import { createHash } from "node:crypto";
import type { Side } from "./side.ts";

/** A folder that is built on its own: a tenant's overlay, or the platform's of a cluster. */
export interface Overlay {
  readonly kind: "tenant" | "platform";
  readonly cluster: string;
  /** The tenant's id; the platform's is its cluster's name. */
  readonly id: string;
  readonly folder: string;
  readonly files: readonly string[];
}

/** Every overlay of a side by its folder. */
export function overlaysOf({ files }: Side): Map<string, Overlay> {
  const found = new Map<string, Overlay & { files: string[] }>();
  for (const path of files.keys()) {
    const match = /^(overlays\/([^/]+)\/(?:tenants\/([^/]+)|platform))\//.exec(path);
    if (match === null) continue;
    const [, folder = "", cluster = "", tenant] = match;
    const known = found.get(folder);
    if (known === undefined) {
      const kind = tenant === undefined ? "platform" : "tenant";
      found.set(folder, { kind, cluster, id: tenant ?? cluster, folder, files: [path] });
    } else known.files.push(path);
  }
  return found;
}

/** An overlay with all that its build reads. */
export interface Source {
  readonly overlay: Overlay;
  /** Folders below bases/ that it names. */
  readonly bases: readonly string[];
  /** A hash over the contents of all of it: the same on both sides where nothing differs. */
  readonly key: string;
}

/** The folders of the bases whose files differ, with how many. */
export function changedBases(changed: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const path of changed) {
    const base = /^bases\/[^/]+(?=\/)/.exec(path)?.[0];
    if (base !== undefined) found.set(base, (found.get(base) ?? 0) + 1);
  }
  return found;
}

/**
 * The sources of overlays, by folder. `engine` stands for the tools that build. A text that cannot be
 * read makes all of them unknown: `problem` says why.
 */
export function sourcesOf(
  side: Side,
  overlays: readonly Overlay[],
  engine: string,
): Map<string, Source> | { problem: string } {
  const texts = side.read(overlays.flatMap(({ files }) => files.filter(isKustomization)));
  if ("problem" in texts) return texts;
  const baseFiles = Map.groupBy(
    [...side.files.keys()].filter((path) => path.startsWith("bases/")).sort(),
    (path) => path.split("/", 2).join("/"),
  );
  const inside = new Map<string, string>();
  const hashOf = (base: string): string => {
    const known = inside.get(base) ?? hashFiles(side, baseFiles.get(base) ?? []);
    inside.set(base, known);
    return known;
  };
  return new Map(
    overlays.map((overlay) => {
      const bases = new Set<string>();
      for (const file of overlay.files) {
        for (const [, name = ""] of (texts.get(file) ?? "").matchAll(/\bbases\/([\w.-]+)/g)) {
          bases.add(`bases/${name}`);
        }
      }
      const named = [...bases].sort();
      const hash = createHash("sha256");
      for (const part of [engine, overlay.folder, hashFiles(side, [...overlay.files].sort())]) {
        hash.update(`${part.length}:${part}`);
      }
      for (const base of named) hash.update(`${base}:${hashOf(base)}`);
      return [overlay.folder, { overlay, bases: named, key: hash.digest("hex") }];
    }),
  );
}

const isKustomization = (path: string): boolean => path.endsWith("/kustomization.yaml");

function hashFiles({ files }: Side, paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths)
    hash.update(`${path}\0${files.get(path)?.mode} ${files.get(path)?.id}\0`);
  return hash.digest("hex");
}
