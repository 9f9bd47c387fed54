import { COMPARE_LIMITS } from "./limits.ts";
import { isObject } from "./listing.ts";

export interface Drained {
  readonly tools: unknown[];
  readonly problems: string[];
}

/**
 * All pages of `tools/list`, for as long as they are a list.
 * @param ask The result of one page, by cursor.
 */
export async function drain(
  ask: (cursor: string | undefined) => Promise<unknown>,
): Promise<Drained> {
  const tools: unknown[] = [];
  const problems: string[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 1; ; page += 1) {
    const result = await ask(cursor);
    const listed = isObject(result) ? result["tools"] : undefined;
    if (!Array.isArray(listed)) {
      problems.push(`page ${page} of tools/list has no array of tools`);
      return { tools, problems };
    }
    for (const tool of listed) tools.push(tool);
    const next = isObject(result) ? result["nextCursor"] : undefined;
    if (next === undefined || next === null) return { tools, problems };
    if (typeof next !== "string") problems.push("nextCursor is no text");
    else if (seen.has(next))
      problems.push(`nextCursor comes again after page ${page}: clients never end`);
    else if (page >= COMPARE_LIMITS.pages || tools.length >= COMPARE_LIMITS.tools)
      problems.push(`the list goes on after ${page} pages and ${tools.length} tools`);
    else {
      seen.add(next);
      cursor = next;
      continue;
    }
    return { tools: tools.slice(0, COMPARE_LIMITS.tools), problems };
  }
}
