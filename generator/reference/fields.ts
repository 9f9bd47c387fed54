import type { JsonSchema } from "./json-schema.ts";

/** One line of the reference. */
export type Field = {
  /** `organizations[].mcp.quota.pods` */
  path: string;
  type: string;
  required: boolean;
  description: string;
};

/** Every field below a schema, parents before children, in the schema's order. */
export function listFields(schema: JsonSchema, prefix = ""): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    const required = schema.required?.includes(name) ?? false;
    const own: Field = {
      path,
      type: typeText(field),
      required,
      description: field.description ?? "",
    };
    return [own, ...below(field, path)];
  });
}

function below(schema: JsonSchema, path: string): Field[] {
  if (schema.properties !== undefined) return listFields(schema, path);
  if (schema.items !== undefined) return below(schema.items, `${path}[]`);
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((option) => below(option, path));
  const entry = schema.additionalProperties;
  return typeof entry === "object" ? below(entry, `${path}.<name>`) : [];
}

function typeText(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  if (schema.const !== undefined) return code(schema.const);
  if (schema.anyOf !== undefined) {
    const types = [...new Set(schema.anyOf.map(typeText))];
    return types.includes("text") && types.includes("number") ? "quantity" : types.join(" or ");
  }
  switch (schema.type) {
    case "string":
      return "text";
    case "integer":
      return range(schema);
    case "array":
      return `list of ${plural(schema.items ?? {})}`;
    case "object":
      return schema.properties === undefined ? "map of names to values" : "map";
    default:
      return schema.type ?? "";
  }
}

const plural = (items: JsonSchema): string =>
  items.properties === undefined ? typeText(items) : "maps";

function range({ minimum, maximum }: JsonSchema): string {
  // Safe integers are the schema library's own bound, not one of ours.
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  return bounded ? `number, ${minimum} to ${maximum}` : `number, at least ${minimum}`;
}

const code = (value: unknown): string => `\`${String(value)}\``;
