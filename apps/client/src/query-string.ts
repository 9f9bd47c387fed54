import type { SearchParams } from "./types.ts";

/** What every question's parameters look like; each question has names of its own. */
export interface QuestionParams {
  readonly metadata?: SearchParams["metadata"];
}

/** A question's path with its query string. */
export function questionPath<T extends QuestionParams>(path: string, params: T): string {
  const query = queryString(params);
  return query === "" ? path : `${path}?${query}`;
}

function queryString({ metadata, ...rest }: QuestionParams): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries<Value>(rest)) append(query, name, value);
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
