import type { FilterQuery } from "../../operations/search-query.ts";
import type { FilterInput } from "./schemas.ts";

/** What a tool was asked for, in the words that every door uses. */
export function filterOf(input: FilterInput): FilterQuery {
  const { q, from, to, trace_id, text, metadata } = input;
  return {
    q,
    from,
    to,
    trace_id,
    text,
    level: toList(input.level),
    source: toList(input.source),
    tag: toList(input.tag),
    namespace: toList(input.namespace),
    metadata:
      metadata === undefined
        ? undefined
        : Object.entries(metadata).map(([path, value]) => [path, String(value)] as const),
  };
}

export function toList<T extends string>(
  value: T | readonly T[] | undefined,
): readonly T[] | undefined {
  return typeof value === "string" ? [value] : value;
}
