import { z } from "zod";
import type { Path } from "./yaml/careful.ts";

/** Takes `optional` and the like off a schema. */
export function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNonOptional
    ? unwrap(schema.unwrap())
    : schema;
}

/** The alternatives of a union that could have been meant; a schema that is none is its own. */
export function alternatives(schema: unknown): unknown[] {
  const inner = unwrap(schema);
  return inner instanceof z.ZodUnion ? inner.options.flatMap(alternatives) : [inner];
}

function child(schema: unknown, part: string | number): unknown[] {
  return alternatives(schema).flatMap((inner) => {
    if (inner instanceof z.ZodObject) {
      const field: unknown = inner.shape[part];
      return field === undefined ? [] : [field];
    }
    if (inner instanceof z.ZodArray) return [inner.element];
    return inner instanceof z.ZodRecord ? [inner.valueType] : [];
  });
}

/** The schemas that may stand at a path. */
export function schemasAt(root: unknown, path: Path): unknown[] {
  return path.reduce<unknown[]>(
    (schemas, part) => schemas.flatMap((schema) => child(schema, part)),
    [root],
  );
}

/** Names of the fields that an object at this path may have. */
export function fieldNames(root: unknown, path: Path): string[] {
  return schemasAt(root, path)
    .flatMap(alternatives)
    .flatMap((schema) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []));
}

/** What the schema says about a field, for messages. */
export function meaning(root: unknown, path: Path): string {
  for (const schema of schemasAt(root, path)) {
    for (const inner of [schema, unwrap(schema)]) {
      const text = inner instanceof z.ZodType ? inner.meta()?.description : undefined;
      if (text !== undefined) return text;
    }
  }
  return "it is required";
}

/** `network.rules[2].ports` */
export function formatPath(path: Path): string {
  return path
    .map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join("");
}

/** The value at a path, or undefined. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
    at = Reflect.get(at, part);
  }
  return at;
}
