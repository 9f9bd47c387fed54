import { loadAll } from "js-yaml";
import { z } from "zod";
import { close } from "./close.ts";
import { envelope, fileOf } from "./envelope.ts";
import { CRD_EXTRAS } from "./extras.ts";
import { type JsonSchema, published } from "./json-schema.ts";

const crd = z.object({
  kind: z.literal("CustomResourceDefinition"),
  spec: z.object({
    group: z.string(),
    names: z.object({ kind: z.string() }),
    versions: z.array(
      z.object({
        name: z.string(),
        storage: z.boolean(),
        schema: z.object({ openAPIV3Schema: published }),
      }),
    ),
  }),
});

/** File name and schema of each definition in a file, in the version that is stored. */
export function ofDefinitions(text: string, skipped: ReadonlySet<string>): [string, JsonSchema][] {
  const documents = loadAll(text).filter((document) => document !== null);
  return documents.flatMap((document): [string, JsonSchema][] => {
    const { spec } = crd.parse(document);
    const stored = spec.versions.find(({ storage }) => storage);
    if (stored === undefined) throw new Error(`${spec.names.kind} has no stored version`);
    if (skipped.has(spec.names.kind)) return [];
    const apiVersion = `${spec.group}/${stored.name}`;
    const closed = close(stored.schema.openAPIV3Schema);
    for (const [path, extra] of Object.entries(CRD_EXTRAS[spec.names.kind] ?? {})) {
      Object.assign(at(closed, path.split(".")), extra);
    }
    const { properties = {}, required = [] } = closed;
    return [
      [
        fileOf(apiVersion, spec.names.kind),
        envelope(apiVersion, spec.names.kind, properties, required, {}),
      ],
    ];
  });
}

/** The schema of a field by its path. Throws for a path that leads nowhere: the definition has changed. */
function at(schema: JsonSchema, path: readonly string[]): JsonSchema {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const next = key === "*" ? schema.items : schema.properties?.[key];
  if (next === undefined) throw new Error(`the definition has no ${key}`);
  return at(next, rest);
}
