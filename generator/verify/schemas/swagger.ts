import { z } from "zod";
import { close, intOrString, quantity } from "./close.ts";
import { envelope, fileOf, metadata } from "./envelope.ts";
import { EXTRAS, REQUIRED } from "./extras.ts";
import { enumOf, type GoPackage } from "./go-enums.ts";
import { type JsonSchema, published } from "./json-schema.ts";

const swagger = z.object({
  definitions: z.record(
    z.string(),
    z.intersection(
      published,
      z.object({
        "x-kubernetes-group-version-kind": z
          .array(z.object({ group: z.string(), kind: z.string(), version: z.string() }))
          .optional(),
      }),
    ),
  ),
});

export type Swagger = z.infer<typeof swagger>;

export function parseSwagger(text: string): Swagger {
  return swagger.parse(JSON.parse(text));
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/** Definitions that say more, or less, than their published form. */
const REPLACED: Readonly<Record<string, JsonSchema>> = {
  [`${META}ObjectMeta`]: metadata("optional"),
  [`${META}Time`]: { type: "string" },
  [`${META}MicroTime`]: { type: "string" },
  "io.k8s.apimachinery.pkg.api.resource.Quantity": quantity,
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": intOrString,
  "io.k8s.apimachinery.pkg.runtime.RawExtension": { type: "object" },
};

/** `core.v1.PodSpec`: a definition's name inside one of our files. */
function short(name: string): string {
  return name.replace(/^io\.k8s\.(?:api|apimachinery\.pkg(?:\.apis|\.api|\.util)?)\./, "");
}

/** File name and schema of one of Kubernetes' own kinds, by its name without `io.k8s.api`. Throws where there is none. */
export function ofSwagger(
  { definitions }: Swagger,
  packages: ReadonlyMap<string, GoPackage>,
  kind: string,
): [string, JsonSchema] {
  const name = `io.k8s.api.${kind}`;
  const definition = definitions[name];
  const [gvk] = definition?.["x-kubernetes-group-version-kind"] ?? [];
  if (definition === undefined || gvk === undefined) throw new Error(`swagger.json has no ${name}`);
  const local: Record<string, JsonSchema> = {};

  function take(full: string): JsonSchema {
    const replaced = REPLACED[full];
    if (replaced !== undefined) return replaced;
    const found = definitions[full];
    if (found === undefined) throw new Error(`swagger.json has no ${full}`);
    const closed = close(found);
    for (const [field, schema] of Object.entries(closed.properties ?? {})) {
      const values = enumOf(packages, full, field);
      if (values !== undefined) addEnum(schema, values);
      Object.assign(schema, EXTRAS[short(full)]?.[field]);
    }
    const required = REQUIRED[short(full)];
    if (required !== undefined) closed.required = [...(closed.required ?? []), ...required];
    return linked(closed);
  }

  /** References become local ones, and what they name comes along. */
  function linked(schema: JsonSchema): JsonSchema {
    if (schema.$ref !== undefined) {
      const full = schema.$ref.slice("#/definitions/".length);
      const replaced = REPLACED[full];
      const { $ref: _, ...extras } = schema;
      if (replaced !== undefined) return { ...replaced, ...extras };
      const key = short(full);
      if (!(key in local)) {
        local[key] = {};
        local[key] = take(full);
      }
      return { $ref: `#/definitions/${key}` };
    }
    if (schema.items !== undefined) schema.items = linked(schema.items);
    if (typeof schema.additionalProperties === "object") {
      schema.additionalProperties = linked(schema.additionalProperties);
    }
    for (const [key, each] of Object.entries(schema.properties ?? {})) {
      schema.properties = { ...schema.properties, [key]: linked(each) };
    }
    return schema;
  }

  const apiVersion = gvk.group === "" ? gvk.version : `${gvk.group}/${gvk.version}`;
  const { status: _, ...properties } = take(name).properties ?? {};
  const required = definition.required ?? [];
  return [
    fileOf(apiVersion, gvk.kind),
    envelope(apiVersion, gvk.kind, properties, required, reachable(properties, local)),
  ];
}

function addEnum(schema: JsonSchema, values: readonly string[]): void {
  if (schema.items === undefined) schema.enum = [...values];
  else addEnum(schema.items, values);
}

/** Without the definitions that only the status used. */
function reachable(
  properties: Record<string, JsonSchema>,
  local: Readonly<Record<string, JsonSchema>>,
): Record<string, JsonSchema> {
  const kept = new Set<string>();
  const visit = (text: string): void => {
    for (const [, key = ""] of text.matchAll(/"#\/definitions\/([^"]+)"/g)) {
      if (kept.has(key)) continue;
      kept.add(key);
      visit(JSON.stringify(local[key]));
    }
  };
  visit(JSON.stringify(properties));
  return Object.fromEntries([...kept].sort().map((key) => [key, local[key] ?? {}]));
}
