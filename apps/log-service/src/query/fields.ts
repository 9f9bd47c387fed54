import { SEARCH_LIMITS } from "../limits.ts";
import type { TextField } from "./filter.ts";
import type { Field } from "./pipe.ts";

const TEXT_FIELDS = [
  "message",
  "source",
  "namespace",
  "trace_id",
  "span_id",
  "tags",
  "id",
] as const;
const OTHER_FIELDS = ["level", "timestamp", "received"] as const;
const METADATA = "metadata.";

/** The names of a record's own fields. */
export const FIELD_NAMES: readonly string[] = [...TEXT_FIELDS, ...OTHER_FIELDS];

/** Whether a name is one that a filter may test as text: a record's own, or a path into the metadata. */
export function isTextField(name: unknown): name is TextField {
  if (typeof name !== "string") return false;
  if (!name.startsWith(METADATA)) return TEXT_FIELDS.some((field) => field === name);
  const path = name.slice(METADATA.length);
  return path !== "" && path.split(".").length <= SEARCH_LIMITS.pathSteps;
}

export function isField(name: unknown): name is Field {
  return isTextField(name) || OTHER_FIELDS.some((field) => field === name);
}
