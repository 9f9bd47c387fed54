import { isObject } from "../../record/record.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * The same JSON Schema with one `type` in each place: a list of types is legal, and yet some models' programs,
 * whose own schemas know one type only, refuse a tool for it or drop what it says.
 */
export function withOneType(schema: Json): Record<string, unknown> {
  const { type, ...rest } = schema;
  const read = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, inside(value)]));
  if (type === undefined) return read;
  if (!Array.isArray(type) || "anyOf" in rest) return { ...read, type: inside(type) };
  return { ...read, anyOf: type.map((one: unknown) => ({ type: one })) };
}

function inside(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inside);
  return isObject(value) ? withOneType(value) : value;
}
