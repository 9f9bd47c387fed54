import { isObject, type JsonValue } from "../record/record.ts";

/**
 * Visits each value at a dotted path inside a metadata object. A step may be a key that has dots
 * itself, as `http.status` is often one key; so one path can lead to several values.
 */
export function reachValues(
  value: JsonValue | undefined,
  steps: readonly string[],
  visit: (value: JsonValue) => void,
): void {
  if (value === undefined) return;
  if (steps.length === 0) {
    visit(value);
    return;
  }
  if (!isObject(value)) return;
  for (let taken = 1; taken <= steps.length; taken += 1) {
    const key = steps.slice(0, taken).join(".");
    if (Object.hasOwn(value, key)) reachValues(value[key], steps.slice(taken), visit);
  }
}
