import { RECORD_LIMITS } from "../limits.ts";

/** What `inspectValue` answers instead of a count. */
export const TOO_DEEP = -1;
export const FORBIDDEN_KEY = -2;

/**
 * Walks a parsed value: how many object members it has in all, or TOO_DEEP or FORBIDDEN_KEY.
 * `__proto__`, and a `constructor` that holds a `prototype`, are refused: whoever merges such an
 * object into another one changes every object of their process.
 * @param depth How many containers are around the value.
 */
export function inspectValue(value: unknown, depth: number): number {
  if (typeof value !== "object" || value === null) return 0;
  if (depth >= RECORD_LIMITS.depth) return TOO_DEEP;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) {
      const inner = inspectValue(item, depth + 1);
      if (inner < 0) return inner;
      members += inner;
    }
    return members;
  }
  for (const key of Object.keys(value)) {
    const child: unknown = Reflect.get(value, key);
    if (isForbidden(key, child)) return FORBIDDEN_KEY;
    members += 1;
    if (typeof child === "object") {
      const inner = inspectValue(child, depth + 1);
      if (inner < 0) return inner;
      members += inner;
    }
  }
  return members;
}

export function isForbidden(key: string, value: unknown): boolean {
  if (key === "__proto__") return true;
  return (
    key === "constructor" &&
    typeof value === "object" &&
    value !== null &&
    Object.hasOwn(value, "prototype")
  );
}
