/**
 * Checks of values that came from elsewhere, put together from small ones. Each thread that answers
 * questions needs them, and a schema library takes 10 MB in each.
 */
export type Shape<T> = (value: unknown) => value is T;

type Shapes = Readonly<Record<string, Shape<unknown>>>;
type Known<S extends Shapes> = {
  readonly [Name in keyof S]: S[Name] extends Shape<infer T> ? T : never;
};
type Perhaps<S extends Shapes> = { readonly [Name in keyof S]?: Known<S>[Name] | undefined };

/** An object with these members, perhaps with those, and with no other. */
export function object<S extends Shapes, O extends Shapes = Record<never, never>>(
  members: S,
  perhaps?: O,
): Shape<Known<S> & Perhaps<O>> {
  const required = Object.entries(members);
  const all = new Map([...required, ...Object.entries(perhaps ?? {})]);
  return (value): value is Known<S> & Perhaps<O> => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    const given = new Map<string, unknown>(Object.entries(value));
    if (required.some(([name]) => given.get(name) === undefined)) return false;
    for (const [name, member] of given) {
      const shape = all.get(name);
      if (shape === undefined || !(member === undefined || shape(member))) return false;
    }
    return true;
  };
}

export function list<T>(shape: Shape<T>, most: number, least = 0): Shape<readonly T[]> {
  return (value): value is readonly T[] =>
    Array.isArray(value) && value.length >= least && value.length <= most && value.every(shape);
}

export function string(most: number): Shape<string> {
  return (value): value is string => typeof value === "string" && value.length <= most;
}

/** A text that passes a test of its own. */
export function stringThat(passes: (value: string) => boolean): Shape<string> {
  return (value): value is string => typeof value === "string" && passes(value);
}

export function oneOf<const T extends string | boolean>(...values: readonly T[]): Shape<T> {
  return (value): value is T => values.some((each) => each === value);
}

/** A whole number from 0 on. */
export function whole(most: number): Shape<number> {
  return (value): value is number =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most;
}

export const flag: Shape<boolean> = (value) => typeof value === "boolean";
