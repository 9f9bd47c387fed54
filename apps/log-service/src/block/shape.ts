import { BLOCK_LIMITS, RECORD_LIMITS } from "../limits.ts";
import { scanJson } from "../record/json-scan.ts";
import type { JsonValue } from "../record/record.ts";

/** Stands in a shape where a value was: no JSON text has this byte. */
export const VALUE = 0x00;

/** The keys, nesting and punctuation of metadata objects, without their values. */
export interface Shape {
  /** The text around the values: one piece more than values. */
  readonly pieces: readonly string[];
  /** The object with each value's place as a number; the number 0 alone for a whole object. */
  readonly tree: JsonValue;
  /** For each value the keys that lead to it, as JSON. */
  readonly paths: readonly string[];
}

/** @returns undefined for bytes that are no shape, or one that names a key twice. */
export function readShape(bytes: Uint8Array): Shape | undefined {
  if (bytes.length > BLOCK_LIMITS.shapeBytes) return undefined;
  const members = scanJson(bytes, 0, bytes.length, RECORD_LIMITS.depth);
  if (members < 0) return undefined;
  const pieces = Buffer.from(bytes).toString("utf8").split("\0");
  const text = pieces
    .map((piece, place) => (place === 0 ? piece : `${place - 1}${piece}`))
    .join("");
  let tree: JsonValue;
  try {
    tree = JSON.parse(text);
  } catch {
    return undefined;
  }
  const paths: string[] = [];
  const found = collect(tree, [], paths);
  if (found !== members || paths.length !== pieces.length - 1) return undefined;
  return { pieces, tree, paths };
}

/** Adds the paths of a tree's values in order; answers how many members it has. */
function collect(tree: JsonValue, keys: readonly string[], paths: string[]): number {
  if (tree === paths.length) {
    paths.push(JSON.stringify(keys));
    return 0;
  }
  if (typeof tree !== "object" || tree === null || Array.isArray(tree)) return Number.NaN;
  let members = 0;
  for (const [key, child] of Object.entries(tree)) {
    members += 1 + collect(child, [...keys, key], paths);
  }
  return members;
}
