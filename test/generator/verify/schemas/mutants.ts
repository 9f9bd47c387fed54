import type { Manifest } from "../../../../generator/manifests/manifest.ts";

/** One field of an object, broken in one way. */
export interface Mutant {
  /** `Deployment spec.replicas: a list` */
  readonly words: string;
  readonly kind: string;
  /** The field's path, with list positions as `*`. */
  readonly path: string;
  readonly how: string;
  readonly body: unknown;
}

type Step = string | number;

/** Every field of every object, each broken in every way that fits it; one mutant for each kind, path and way. */
export function mutantsOf(objects: readonly Manifest[]): Mutant[] {
  const found = new Map<string, Mutant>();
  for (const { kind, body } of objects) {
    for (const [steps, value] of fieldsOf(body, [])) {
      for (const [how, broken] of breaksOf(value, steps)) {
        const path = steps.map((step) => (typeof step === "number" ? "*" : step)).join(".");
        const words = `${kind} ${path}: ${how}`;
        if (found.has(words)) continue;
        found.set(words, { words, kind, path, how, body: withValue(body, steps, broken) });
      }
    }
  }
  return [...found.values()];
}

function* fieldsOf(value: unknown, steps: readonly Step[]): Generator<[readonly Step[], unknown]> {
  yield [steps, value];
  if (Array.isArray(value)) {
    for (const [i, each] of value.entries()) yield* fieldsOf(each, [...steps, i]);
  } else if (isObject(value)) {
    for (const [key, each] of Object.entries(value)) yield* fieldsOf(each, [...steps, key]);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const GONE = Symbol("removed");
const QUANTITY = /^\d+(?:\.\d+)?(?:m|[KMGT]i)$/;

function* breaksOf(value: unknown, steps: readonly Step[]): Generator<[string, unknown]> {
  if (steps.length === 0) {
    yield ["an unknown key", { ...(isObject(value) ? value : {}), unknownKey: "x" }];
    return;
  }
  if (Array.isArray(value)) {
    yield ["text instead of a list", "x"];
    yield ["an object instead of a list", { x: "y" }];
  } else if (isObject(value)) {
    yield ["text instead of an object", "x"];
    yield ["a list instead of an object", ["x"]];
    yield ["an unknown key", { ...value, unknownKey: "x" }];
    yield ["an unknown key with an object", { ...value, unknownKey: { x: "y" } }];
    for (const key of Object.keys(value)) {
      const typo = Object.fromEntries(
        Object.entries(value).map(([name, each]) => [name === key ? `${name}s` : name, each]),
      );
      yield [`${key} misspelt`, typo];
    }
  } else {
    yield ["an object instead of a value", { x: "y" }];
    yield ["a list instead of a value", ["x"]];
    if (typeof value === "string") {
      yield ["a number instead of text", 7];
      yield ["a boolean instead of text", true];
      if (/^[A-Z][A-Za-z]+$/.test(value)) yield ["a misspelt word", `${value}x`];
      if (QUANTITY.test(value)) yield ["a misspelt quantity", value.replace(/\D+$/, "MB")];
    } else {
      yield ["text instead of a value", "x y"];
    }
    if (typeof value === "number") {
      yield ["a boolean instead of a number", true];
      yield ["a negative number", -1];
      yield ["a fraction", 1.5];
    }
  }
  if (typeof steps.at(-1) === "string") yield ["removed", GONE];
}

function withValue(root: unknown, steps: readonly Step[], value: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (Array.isArray(root)) {
    return root.map((each, i) => (i === step ? withValue(each, rest, value) : each));
  }
  if (!isObject(root)) return root;
  return Object.fromEntries(
    Object.entries(root).flatMap(([key, each]) => {
      if (key !== step) return [[key, each]];
      const changed = withValue(each, rest, value);
      return changed === GONE ? [] : [[key, changed]];
    }),
  );
}
