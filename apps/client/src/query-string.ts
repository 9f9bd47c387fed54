import type { SearchParams } from "./types.ts";

/** The query string of `GET /api/logs`, without the question mark. */
export function searchQuery(params: SearchParams): string {
  const query = new URLSearchParams();
  const { metadata, ...rest } = params;
  for (const [name, value] of Object.entries(rest)) append(query, name, value);
  for (const [path, value] of Object.entries(metadata ?? {})) {
    query.append(`metadata.${path}`, String(value));
  }
  return query.toString();
}

type Value = string | number | Date | readonly string[] | undefined;

function append(query: URLSearchParams, name: string, value: Value): void {
  if (value === undefined) return;
  if (value instanceof Date) query.append(name, value.toISOString());
  else if (typeof value === "string" || typeof value === "number")
    query.append(name, String(value));
  else for (const item of value) query.append(name, item);
}
