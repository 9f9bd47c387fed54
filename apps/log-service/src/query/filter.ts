import { LEVELS, type Level } from "../record/level.ts";

/** What records to find. Built by the doors, and by whatever language is put on top. */
export type Filter =
  | { readonly kind: "all"; readonly of: readonly Filter[] }
  | { readonly kind: "any"; readonly of: readonly Filter[] }
  | { readonly kind: "not"; readonly of: Filter }
  | { readonly kind: "level"; readonly levels: readonly Level[] }
  | { readonly kind: "source"; readonly is: string }
  | { readonly kind: "tag"; readonly is: string }
  | { readonly kind: "trace"; readonly is: string }
  /** The message contains this text, whatever its case. */
  | { readonly kind: "text"; readonly contains: string }
  /** The value at a dotted path, or an element of the array there, is this string, number, true, false or null. */
  | { readonly kind: "metadata"; readonly path: string; readonly is: string };

export const EVERYTHING: Filter = { kind: "all", of: [] };

/** A level and all that are more severe. */
export function levelsFrom(least: Level): readonly Level[] {
  return LEVELS.slice(LEVELS.indexOf(least));
}
