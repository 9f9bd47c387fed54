import type { JsonSchema, Published } from "./json-schema.ts";

/** A number, or text as the API server reads it: `512MB`, which it refuses, is a classic. */
const QUANTITY = "^([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$";

export const quantity: JsonSchema = { type: ["string", "number"], pattern: QUANTITY };

/** A port by number or name, or a count or a share of pods. */
export const intOrString: JsonSchema = {
  type: ["integer", "string"],
  minimum: 0,
  maximum: 65_535,
  pattern: "^([0-9]{1,3}%|[a-z0-9]([a-z0-9-]*[a-z0-9])?)$",
};

const KEPT = [
  "enum",
  "pattern",
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "minProperties",
  "maxProperties",
] as const;

/**
 * A published schema without descriptions, defaults and extensions, and closed: an object knows its
 * keys and no others. Never inside anyOf, oneOf, allOf and not, whose branches name only some of the
 * keys that the object around them has.
 */
export function close(schema: Published, branch = false): JsonSchema {
  if (schema["x-kubernetes-int-or-string"] === true) return looseNumber(schema);
  const closed: JsonSchema = {};
  if (schema.$ref !== undefined) closed.$ref = schema.$ref;
  if (schema.type !== undefined) closed.type = schema.type;
  for (const key of KEPT) {
    const value = schema[key];
    if (value !== undefined) Object.assign(closed, { [key]: value });
  }
  if (schema.required?.length) closed.required = schema.required;
  if (schema.items !== undefined) closed.items = close(schema.items, branch);
  if (schema.properties !== undefined) {
    closed.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([key, each]) => [key, close(each, branch)]),
    );
  }
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const rest = schema.additionalProperties;
  if (typeof rest === "object") closed.additionalProperties = close(rest, branch);
  else if (closed.properties !== undefined && !open && rest !== true && !branch) {
    closed.additionalProperties = false;
  }
  for (const key of ["anyOf", "oneOf", "allOf"] as const) {
    const branches = schema[key];
    if (branches !== undefined) closed[key] = branches.map((each) => close(each, true));
  }
  if (schema.not !== undefined) closed.not = close(schema.not, true);
  return closed;
}

function looseNumber({ pattern }: Published): JsonSchema {
  // A pattern on such a field is that of a quantity; without one it is a port, a count or a share.
  return pattern === undefined ? intOrString : quantity;
}
