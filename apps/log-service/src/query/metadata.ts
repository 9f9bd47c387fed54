import { SEARCH_LIMITS } from "../limits.ts";
import { readMetadataObject } from "../record/present.ts";
import type { JsonValue } from "../record/record.ts";

/** Looks at metadata as JSON text. */
export interface MetadataTest {
  /** False only if no record whose metadata is in this text can pass. */
  mayPass(text: string): boolean;
  /** @param text One record's, or "". */
  passes(text: string): boolean;
}

/**
 * Tests a record's metadata for a value at a path. A step of the path may be a
 * key that has dots itself, as `http.status` is often one key.
 */
export function metadataTest(path: string, is: string): MetadataTest {
  const number = Number(is);
  const numeric = is.trim() !== "" && Number.isFinite(number);
  // Metadata was written by JSON.stringify, so a value that matches stands in it in one of two forms.
  const asText = JSON.stringify(is.toWellFormed()).slice(1, -1);
  const asNumber = numeric ? JSON.stringify(number) : asText;

  function equals(value: JsonValue | undefined): boolean {
    if (typeof value === "string") return value === is;
    if (typeof value === "number") return numeric && value === number;
    if (typeof value === "boolean" || value === null) return String(value) === is;
    return Array.isArray(value) && value.some((item) => typeof item !== "object" && equals(item));
  }

  const steps = path.split(".");
  const possible = steps.length <= SEARCH_LIMITS.pathSteps;
  const mayPass = (text: string): boolean =>
    possible && (text.includes(asText) || text.includes(asNumber));
  return {
    mayPass,
    passes: (text) =>
      text !== "" && mayPass(text) && reach(readMetadataObject(text), steps, equals),
  };
}

/** Whether any way to read the path ends at a value that passes. */
function reach(
  value: JsonValue | undefined,
  steps: readonly string[],
  passes: (value: JsonValue | undefined) => boolean,
): boolean {
  if (steps.length === 0) return passes(value);
  if (!isPlainObject(value)) return false;
  for (let taken = 1; taken <= steps.length; taken += 1) {
    const key = steps.slice(0, taken).join(".");
    if (Object.hasOwn(value, key) && reach(value[key], steps.slice(taken), passes)) return true;
  }
  return false;
}

function isPlainObject(
  value: JsonValue | undefined,
): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
