import type { JsonValue } from "./record.ts";

const REPLACEMENT = "\uFFFD";

/** Replaces what no block and no database can hold: NUL and lone surrogates become U+FFFD. */
export function cleanText(text: string): string {
  const withoutNul = text.includes("\0") ? text.replaceAll("\0", REPLACEMENT) : text;
  return withoutNul.isWellFormed() ? withoutNul : withoutNul.toWellFormed();
}

/** JSON text of a value whose strings and keys are clean. */
export function cleanJson(value: JsonValue): string {
  const text = JSON.stringify(value);
  // stringify writes NUL and lone surrogates as \u escapes, so almost every record ends here.
  return text.includes("\\u") ? JSON.stringify(cleanValue(value)) : text;
}

function cleanValue(value: JsonValue): JsonValue {
  if (typeof value === "string") return cleanText(value);
  if (typeof value !== "object" || value === null) return value;
  if (isArray(value)) return value.map(cleanValue);
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [cleanText(key), cleanValue(child)]),
  );
}

// Array.isArray alone does not narrow a readonly array.
function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
