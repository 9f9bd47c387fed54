import { suggest } from "../../suggest.ts";
import { FIELD_NAMES, isField } from "../fields.ts";
import type { Field } from "../pipe.ts";

const ALIASES: ReadonlyMap<string, string> = new Map([
  ["component", "source"],
  ["tag", "tags"],
]);
const METADATA_ALIAS = "data.";

/** The field that a name means; its case matters in the metadata alone. */
export function fieldNamed(name: string): Field | undefined {
  if (name.startsWith(METADATA_ALIAS))
    return fieldNamed(`metadata.${name.slice(METADATA_ALIAS.length)}`);
  if (isField(name)) return name;
  const lower = name.toLowerCase();
  const known = ALIASES.get(lower) ?? lower;
  return isField(known) && !known.startsWith("metadata.") ? known : undefined;
}

/** Why a name is no field, and what may have been meant. */
export function unknownField(name: string): string {
  if (name === "metadata" || name === "data")
    return "'metadata' needs a path, as in metadata.user.id";
  const near = suggest(name, [...FIELD_NAMES, ...ALIASES.keys()]);
  const meant = near === undefined ? `metadata.${name}` : near;
  return `'${name}' is no field; did you mean '${meant}'? Quote text that has operators in it`;
}
