import type { Json } from "@neurallog/client";
import { LIMITS } from "../limits.ts";
import { longNumbers } from "./long-numbers.ts";
import { isObject, recordOfFields } from "./fields.ts";
import type { Format } from "./format.ts";

/** JSON lines, with the field names of the common logging libraries. */
export const json: Format = {
  name: "json",
  parse(line, clock) {
    const text = line.trim();
    if (!text.startsWith("{") || !text.endsWith("}")) return undefined;
    const fields = parseObject(text);
    if (fields === undefined) return undefined;
    return isFaithful(fields, text) ? recordOfFields(fields, line, clock) : { message: line };
  },
};

function parseObject(text: string): Record<string, Json> | undefined {
  try {
    const value: unknown = JSON.parse(text, longNumbers(text));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * False for what the parsed object could not give back: a key that stands twice (the first would be lost), `__proto__`
 * (which is no field in most languages), and nesting beyond what the service takes. Such a line is kept as text.
 */
function isFaithful(fields: Record<string, Json>, text: string): boolean {
  return countColons(text) === countKeys(fields);
}

/** Colons outside strings: one for each key that the text has. */
function countColons(text: string): number {
  let colons = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === ":") colons++;
  }
  return colons;
}

/** NaN, which equals nothing, for `__proto__` and for nesting that would exhaust the stack. */
function countKeys(value: unknown, depth: number = LIMITS.metadataDepth): number {
  if (typeof value !== "object" || value === null) return 0;
  if (depth === 0 || Object.hasOwn(value, "__proto__")) return NaN;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>(
    (sum, inner) => sum + countKeys(inner, depth - 1),
    own,
  );
}
