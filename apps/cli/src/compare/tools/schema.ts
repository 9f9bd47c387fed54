import { Ajv } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";

import { isObject } from "../listing.ts";

// Schemas are looked at and never compiled: a stranger's schema would become code and regular expressions here.
const options = { strict: false, validateFormats: false, allErrors: false, logger: false } as const;

/** Dialects by the word in `$schema`; MCP's own, where a schema names none, is 2020-12. */
const dialects: readonly (readonly [word: RegExp, make: () => Ajv])[] = [
  [/draft\/2020-12\//, () => new Ajv2020(options)],
  [/draft\/2019-09\//, () => new Ajv2019(options)],
  [/draft-07\//, () => new Ajv(options)],
];
const made = new Map<RegExp, Ajv>();

/**
 * What is wrong with a JSON Schema, in its own dialect; undefined for nothing. It has to be within
 * `COMPARE_LIMITS.depth`.
 */
export function schemaProblem(schema: Readonly<Record<string, unknown>>): string | undefined {
  const named = schema["$schema"] ?? "https://json-schema.org/draft/2020-12/schema";
  const dialect = dialects.find(([word]) => word.test(String(named)));
  // Of a dialect that nobody here knows, nothing can be said.
  if (dialect === undefined) return undefined;
  const [word, make] = dialect;
  const ajv = made.get(word) ?? make();
  made.set(word, ajv);
  // A name of its own would be kept, and clash with the next schema's.
  const { $id: _id, ...rest } = schema;
  if (ajv.validateSchema(rest) !== true) {
    const [first] = ajv.errors ?? [];
    const place = first?.instancePath.replaceAll("/", ".") ?? "";
    return `${place === "" ? "it" : place.slice(1)} ${first?.message ?? "is not valid"}`;
  }
  return lostReference(schema);
}

/** A `$ref` within the schema that leads nowhere. */
function lostReference(root: Readonly<Record<string, unknown>>): string | undefined {
  const waiting: unknown[] = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) waiting.push(...next.filter((one) => one !== null));
    if (!isObject(next)) continue;
    const reference = next["$ref"];
    if (typeof reference === "string" && /^#(?:\/|$)/.test(reference) && !leads(root, reference))
      return `$ref ${reference} leads nowhere`;
    waiting.push(...Object.values(next).filter((one) => one !== null));
  }
  return undefined;
}

function leads(root: unknown, reference: string): boolean {
  let at = root;
  for (const part of reference.split("/").slice(1)) {
    const name = unescaped(part);
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return false;
    at = Reflect.get(at, name);
  }
  return true;
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return part;
  }
}
