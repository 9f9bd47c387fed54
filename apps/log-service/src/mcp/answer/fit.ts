import { MCP_LIMITS } from "../../limits.ts";

/** How many of the items, from the first on, stay within an answer's bytes, in either of their forms. */
export function fitting<T>(
  items: readonly T[],
  textOf: (item: T) => string,
  bytes: number = MCP_LIMITS.answerBytes,
): number {
  let used = 0;
  for (const [at, item] of items.entries()) {
    used += Math.max(Buffer.byteLength(JSON.stringify(item)), Buffer.byteLength(textOf(item)));
    if (used > bytes) return at;
  }
  return items.length;
}
