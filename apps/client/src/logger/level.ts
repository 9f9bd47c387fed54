import { LEVELS } from "../shared/levels.ts";

/** The least level of a logger that sends nothing. */
export const SILENT = LEVELS.length;
export const DEFAULT_LEVEL = 2;

/** The index that a level's name means, in any case; undefined where it is none. `silent` and `off` are none of the levels. */
export function levelIndex(name: string): number | undefined {
  const upper = name.trim().toUpperCase();
  if (upper === "SILENT" || upper === "OFF") return SILENT;
  const index = LEVELS.findIndex((level) => level === upper);
  return index === -1 ? undefined : index;
}

/** A level's name for people: `info`, and `silent` where nothing is sent. */
export function levelName(index: number): string {
  return (LEVELS[index] ?? "silent").toLowerCase();
}
