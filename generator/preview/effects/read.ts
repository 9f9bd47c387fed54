/** What is found at a path of an object's body; undefined where there is nothing. */
export function at(body: unknown, ...path: string[]): unknown {
  let value = body;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** As `at`, for text alone. */
export function textAt(body: unknown, ...path: string[]): string | undefined {
  const found = at(body, ...path);
  return typeof found === "string" ? found : undefined;
}

/** Every value below one that is an object or a list, that one first. */
export function* nodesOf(value: unknown): Generator<object> {
  if (typeof value !== "object" || value === null) return;
  yield value;
  for (const inner of Object.values(value)) yield* nodesOf(inner);
}
