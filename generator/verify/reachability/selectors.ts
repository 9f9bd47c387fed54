import type { RawSelector } from "../../manifests/network-policy.ts";

export type Labels = Readonly<Record<string, string>>;

/** What a selector asks of one key. Several about one key must all hold. */
export interface Requirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values: readonly string[];
}

/** All requirements must hold; an empty selector selects everything. */
export type Selector = readonly Requirement[];

export function compileSelector(raw: RawSelector | null | undefined): Selector {
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(raw?.matchLabels ?? {})) {
    requirements.push({ key, operator: "In", values: [value] });
  }
  for (const { key, operator, values } of raw?.matchExpressions ?? []) {
    requirements.push({ key, operator, values: values ?? [] });
  }
  return requirements;
}

export function selects(selector: Selector, labels: Labels): boolean {
  return selector.every((requirement) => holds(requirement, valueOf(labels, requirement.key)));
}

// A label may be called `constructor`.
function valueOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

// NotIn holds for an object without the label: that is Kubernetes' rule, and a classic trap.
function holds({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

/** The values that one label can have on things of a kind. */
export interface Domain {
  /** Whether the label can be missing. */
  readonly absent: boolean;
  accepts(value: string): boolean;
  /** A value that the domain accepts and `avoid` lacks, or undefined where there is none. */
  other(avoid: readonly string[]): string | undefined;
}

/**
 * Labels that are known, and, in an open space, any others that somebody may choose. Keys are
 * independent of each other, so a selector matches somewhere in the space exactly if each key can
 * meet its requirements: no combination has to be tried.
 */
export interface LabelSpace {
  readonly fixed: Labels;
  readonly domains: ReadonlyMap<string, Domain>;
  /** Whether keys that are named neither in `fixed` nor in `domains` can have any value. */
  readonly open: boolean;
}

export function exactly(labels: Labels): LabelSpace {
  return { fixed: labels, domains: new Map(), open: false };
}

export function anyLabels(domains: readonly (readonly [string, Domain])[] = []): LabelSpace {
  return { fixed: {}, domains: new Map(domains), open: true };
}

/** Any value but those that `refuse` names. */
export function anyValueBut(refuse: (value: string) => boolean, absent: boolean): Domain {
  return {
    absent,
    accepts: (value) => !refuse(value),
    other: (avoid) => fresh((value) => !refuse(value) && !avoid.includes(value)),
  };
}

export function oneOf(values: readonly string[], absent: boolean): Domain {
  return {
    absent,
    accepts: (value) => values.includes(value),
    other: (avoid) => values.find((value) => !avoid.includes(value)),
  };
}

const ANYTHING = anyValueBut(() => false, true);

/** Every selector names finitely many values, so counting up ends. */
function fresh(fits: (value: string) => boolean): string {
  for (let i = 0; ; i++) if (fits(`other-${i}`)) return `other-${i}`;
}

/** Labels of the space that the selector selects, or undefined where there are none. */
export function witness(selector: Selector, space: LabelSpace): Labels | undefined {
  const labels: Record<string, string> = { ...space.fixed };
  for (const { key } of selector) {
    if (Object.hasOwn(space.fixed, key)) continue;
    const domain = space.domains.get(key) ?? (space.open ? ANYTHING : undefined);
    const found = solve(
      selector.filter((requirement) => requirement.key === key),
      domain,
    );
    if (found === undefined) return undefined;
    if (found !== null) labels[key] = found;
  }
  for (const [key, domain] of space.domains) {
    if (domain.absent || Object.hasOwn(labels, key)) continue;
    const value = domain.other([]);
    if (value !== undefined) labels[key] = value;
  }
  return selects(selector, labels) ? labels : undefined;
}

/** A value for one key, null for its absence, undefined where nothing meets the requirements. */
function solve(
  requirements: readonly Requirement[],
  domain: Domain | undefined,
): string | null | undefined {
  const meets = (value: string | undefined) => requirements.every((each) => holds(each, value));
  if (domain === undefined || domain.absent) {
    if (meets(undefined)) return null;
    if (domain === undefined) return undefined;
  }
  const named = requirements.find(({ operator }) => operator === "In");
  if (named !== undefined) {
    return named.values.find((value) => domain.accepts(value) && meets(value));
  }
  const value = domain.other(requirements.flatMap(({ values }) => values));
  return value !== undefined && meets(value) ? value : undefined;
}
