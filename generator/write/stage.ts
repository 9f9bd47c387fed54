import { mkdirSync, writeFileSync } from "node:fs";
import { parents } from "./overlays.ts";

/** A whole overlay that is new: where it is written aside, and its texts by path. */
export interface NewOverlay {
  aside: string;
  /** Its folder in the repository: what its paths begin with. */
  overlay: string;
  files: ReadonlyMap<string, string>;
}

/** Writes a new overlay aside, into a folder that is not there yet. */
export function stageOverlay({ aside, overlay, files }: NewOverlay): void {
  const inside = (path: string): string => aside + path.slice(overlay.length);
  mkdirSync(aside);
  // Shorter paths first, so that each parent is there: asking for `recursive` would cost a call for every step of it.
  for (const folder of [...parents(files.keys(), overlay)].sort(byLength))
    mkdirSync(inside(folder));
  for (const [path, text] of files) writeFileSync(inside(path), text);
}

export const byLength = (a: string, b: string): number => a.length - b.length;
