import type { Change, Json, Step } from "../model/model.ts";
import { align } from "./align.ts";

type JsonObject = { [key: string]: Json };

/**
 * Fields that name the elements of a list, the likeliest first. Which one does is seen from the lists
 * themselves: each element has it, and no two have the same.
 */
const NAMES = [
  "name",
  "containerName",
  "mountPath",
  "containerPort",
  "port",
  "key",
  "host",
  "type",
  "policyName",
];

/** Every difference of two values: applied to the first one, they give the second. */
export function compareValues(before: Json, after: Json, at: readonly Step[] = []): Change[] {
  if (isObject(before) && isObject(after)) return compareObjects(before, after, at);
  if (Array.isArray(before) && Array.isArray(after)) return compareLists(before, after, at);
  return before === after ? [] : [{ op: "change", at: [...at], before, after }];
}

function compareObjects(before: JsonObject, after: JsonObject, at: readonly Step[]): Change[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key): Change[] => {
    const [old, now] = [own(before, key), own(after, key)];
    const path = [...at, key];
    if (now === undefined)
      return old === undefined ? [] : [{ op: "remove", at: path, before: old }];
    if (old === undefined) return [{ op: "add", at: path, after: now }];
    return compareValues(old, now, path);
  });
}

function compareLists(before: Json[], after: Json[], at: readonly Step[]): Change[] {
  const by = NAMES.find((name) => namesOf(before, name) && namesOf(after, name));
  return by === undefined
    ? compareByPosition(before, after, at)
    : compareByName(before, after, by, at);
}

function compareByName(before: Json[], after: Json[], by: string, at: readonly Step[]): Change[] {
  const old = namesOf(before, by) ?? new Map<string | number, Json>();
  const now = namesOf(after, by) ?? new Map<string | number, Json>();
  const changes: Change[] = [];
  for (const [is, value] of old) {
    const path = [...at, { by, is }];
    const other = now.get(is);
    if (other === undefined) changes.push({ op: "remove", at: path, before: value });
    else changes.push(...compareValues(value, other, path));
  }
  const added = [...now].filter(([is]) => !old.has(is));
  for (const [is, value] of added)
    changes.push({ op: "add", at: [...at, { by, is }], after: value });
  const given = [...[...old.keys()].filter((is) => now.has(is)), ...added.map(([is]) => is)];
  const wanted = [...now.keys()];
  if (given.some((is, i) => is !== wanted[i])) {
    changes.push({ op: "order", at: [...at], by, after: wanted });
  }
  return changes;
}

function compareByPosition(before: Json[], after: Json[], at: readonly Step[]): Change[] {
  return align(before, after, areAlike).flatMap(({ old, now }): Change[] => {
    const removed = old === undefined ? undefined : before[old];
    const added = now === undefined ? undefined : after[now];
    if (old !== undefined && removed !== undefined) {
      const path = [...at, { index: old }];
      if (added !== undefined) return compareValues(removed, added, path);
      return [{ op: "remove", at: path, before: removed }];
    }
    if (now === undefined || added === undefined) return [];
    return [{ op: "add", at: [...at, { index: now }], after: added }];
  });
}

/** A difference inside of two is easier to read than one removed and one added. */
const areAlike = (a: Json, b: Json): boolean =>
  (isObject(a) && isObject(b)) || (Array.isArray(a) && Array.isArray(b));

/** The elements by the field that names them, or undefined where it does not. */
function namesOf(list: Json[], by: string): Map<string | number, Json> | undefined {
  const found = new Map<string | number, Json>();
  for (const element of list) {
    const is = isObject(element) ? own(element, by) : undefined;
    if ((typeof is !== "string" && typeof is !== "number") || found.has(is)) return undefined;
    found.set(is, element);
  }
  return found;
}

// A label may be called `constructor`.
const own = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `spec.template.spec.containers[log-service].env[LEVEL].value`. */
export function pathText(steps: readonly Step[]): string {
  return steps
    .map((step, i) => {
      if (typeof step === "string") {
        if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
        return i === 0 ? step : `.${step}`;
      }
      return "index" in step ? `[${step.index}]` : `[${step.is}]`;
    })
    .join("");
}
