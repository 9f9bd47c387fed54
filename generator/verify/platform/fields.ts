import { valueAt } from "../../record/fields.ts";
import type { Manifest } from "../../manifests/manifest.ts";

/** Stands for any value, in what is wanted of an object. */
export const ANY = Symbol("any value");

/** What is found at a path of an object, `spec.template`; undefined where there is nothing. */
export function field(object: Manifest, path: string): unknown {
  return valueAt(object.body, path.split("."));
}

export interface Difference {
  /** `spec.generators.0.git.revision` */
  readonly path: string;
  readonly found: string;
  readonly wanted: string;
}

/** Each place where a value is not what is wanted of it: too much counts as much as too little. */
export function differences(found: unknown, wanted: unknown, path: string): Difference[] {
  if (wanted === ANY) return [];
  if (isTree(found) && isTree(wanted) && Array.isArray(found) === Array.isArray(wanted)) {
    const keys = new Set([...Object.keys(found), ...Object.keys(wanted)]);
    return [...keys].flatMap((key) =>
      differences(Reflect.get(found, key), Reflect.get(wanted, key), `${path}.${key}`),
    );
  }
  if (found === wanted) return [];
  return [{ path, found: show(found), wanted: show(wanted) }];
}

function isTree(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function show(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value);
}
