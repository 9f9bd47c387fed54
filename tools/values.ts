// Reads fields of objects that came from elsewhere. Whatever is there, nothing throws: a field that is missing or of
// another type is undefined, an empty text or an empty list.

export type JsonObject = Readonly<Record<string, unknown>>;

type Path = readonly (string | number)[];

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value under these keys. Own keys alone: an object's `constructor` is nobody's field. */
export function at(value: unknown, ...path: Path): unknown {
  let here = value;
  for (const key of path) {
    if (Array.isArray(here) && typeof key === "number") here = here[key];
    else if (isObject(here) && Object.hasOwn(here, key)) here = here[key];
    else return undefined;
  }
  return here;
}

export function textAt(value: unknown, ...path: Path): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** Counts, codes and ports: whole numbers of 32 bits, as Kubernetes has them. */
export function numberAt(value: unknown, ...path: Path): number | undefined {
  const found = at(value, ...path);
  return typeof found === "number" && (found | 0) === found ? found : undefined;
}

export function listAt(value: unknown, ...path: Path): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The entries of a map of texts, such as labels. */
export function textsAt(value: unknown, ...path: Path): Readonly<Record<string, string>> {
  const found = at(value, ...path);
  return Object.fromEntries(
    Object.entries(isObject(found) ? found : {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}

/** A moment as Kubernetes writes it, in milliseconds since 1970. */
export function momentAt(value: unknown, ...path: Path): number | undefined {
  const moment = Date.parse(textAt(value, ...path) ?? "");
  return Number.isNaN(moment) ? undefined : moment;
}
