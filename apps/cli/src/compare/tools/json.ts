import { COMPARE_LIMITS } from "../limits.ts";
import { isObject } from "../listing.ts";

/** Arrays whose order says nothing. */
const SETS = new Set(["required", "enum", "type"]);

/** Why a value cannot be looked at: it would exhaust whoever walks it. */
export function tooMuch(value: unknown): string | undefined {
  let level: unknown[] = [value];
  let values = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > COMPARE_LIMITS.depth) return `it is nested deeper than ${COMPARE_LIMITS.depth}`;
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one === "object" && one !== null)
        for (const inner of Object.values(one)) next.push(inner);
    }
    values += next.length;
    if (values > COMPARE_LIMITS.values) return `it has more than ${COMPARE_LIMITS.values} values`;
    level = next;
  }
  return undefined;
}

/** JSON with the keys of objects in order, and sets too. Of values within the limits alone. */
export function canonical(value: unknown, key = ""): string {
  if (Array.isArray(value)) {
    const parts = value.map((one) => canonical(one));
    return `[${(SETS.has(key) ? parts.toSorted() : parts).join(",")}]`;
  }
  if (!isObject(value)) return JSON.stringify(value) ?? "null";
  const members = Object.keys(value)
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name], name)}`);
  return `{${members.join(",")}}`;
}

export interface Difference {
  readonly path: readonly string[];
  readonly a: unknown;
  readonly b: unknown;
}

/** Where two values differ, as deep down as they can be told apart; undefined stands for nothing there. */
export function* differences(
  a: unknown,
  b: unknown,
  path: readonly string[] = [],
): Generator<Difference, void, undefined> {
  if (isObject(a) && isObject(b)) {
    for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const [inA, inB] = [own(a, name), own(b, name)];
      yield* differences(inA, inB, [...path, name]);
    }
    return;
  }
  if (a === undefined && b === undefined) return;
  if (a === undefined || b === undefined || canonical(a, path.at(-1)) !== canonical(b, path.at(-1)))
    yield { path, a, b };
}

function own(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

/** A value as it is printed: bounded. */
export function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = canonical(value);
  return text.length <= COMPARE_LIMITS.shownUnits
    ? text
    : `${text.slice(0, COMPARE_LIMITS.shownUnits - 1)}…`;
}
