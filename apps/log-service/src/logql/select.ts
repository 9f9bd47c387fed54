import { LABELS_KEY } from "../ingest/loki/stream.ts";
import { RECORD_LIMITS } from "../limits.ts";
import { contains, EVERYTHING, valueIs, type Filter } from "../query/filter.ts";
import { levelIndex, levelName } from "../record/level.ts";
import { alternativesOf } from "./labels.ts";
import { levelText } from "./level-text.ts";
import { DETECTED_LEVEL, ID_UNITS, LEVEL, SERVICE, TENANT, UNKNOWN_SERVICE } from "./names.ts";
import type { LabelTest, LogExpr, Matcher, Stage } from "./syntax/ast.ts";

/** What to ask the store for, so that its headers and token filters rule blocks out. */
export interface Selection {
  /** Lets through at least what the query does. */
  readonly filter: Filter;
  /** What is left to test once the filter has: undefined for nothing. */
  readonly rest: LogExpr | undefined;
}

/** A filter for a part of a query. */
interface Sieve {
  readonly filter: Filter;
  /** It lets through just what that part does. */
  readonly exact: boolean;
}

export function selectionOf({ matchers, stages }: LogExpr): Selection {
  const parts: Filter[] = [];
  const add = (sieve: Sieve | undefined): boolean => {
    if (sieve === undefined) return false;
    parts.push(sieve.filter);
    return sieve.exact;
  };
  const restMatchers = matchers.filter((matcher) => !add(ofMatcher(matcher)));
  const restStages: Stage[] = [];
  let unchanged = true;
  for (const stage of stages) {
    // Whatever else a stage is, it may change what a later one looks at.
    if (!["line", "address", "filter"].includes(stage.kind)) unchanged = false;
    if (!unchanged || !add(ofStage(stage))) restStages.push(stage);
  }
  const done = restMatchers.length === 0 && restStages.length === 0;
  return {
    filter: parts.length === 0 ? EVERYTHING : { kind: "all", of: parts },
    rest: done ? undefined : { kind: "log", matchers: restMatchers, stages: restStages },
  };
}

function ofStage(stage: Stage): Sieve | undefined {
  if (stage.kind === "line") return ofLine(stage);
  return stage.kind === "filter" ? ofTest(stage.test) : undefined;
}

function ofLine({ op, texts }: Stage & { readonly kind: "line" }): Sieve | undefined {
  if (op === "|>" || op === "!>") return undefined;
  const isRegex = op === "|~" || op === "!~";
  const tests = texts.map((text): Filter =>
    isRegex
      ? { kind: "regex", field: "message", pattern: text, ignoreCase: false }
      : contains("message", text, false),
  );
  const one = anyOf(tests);
  return { filter: op.startsWith("!") ? { kind: "not", of: one } : one, exact: true };
}

function ofMatcher(matcher: Matcher): Sieve | undefined {
  const { name } = matcher;
  // Every stream has a service: what dashboards begin with tests nothing.
  if (name === SERVICE && matcher.op === "=~" && [".+", ".*"].includes(matcher.value)) {
    return { filter: EVERYTHING, exact: true };
  }
  const values = valuesOf(matcher);
  if (values === undefined) return undefined;
  if (name === TENANT) return { filter: valueIs("namespace", ...values), exact: false };
  if (name === LEVEL) return asLevels(values, false);
  if (name !== SERVICE) {
    return { filter: valueIs(`metadata.${LABELS_KEY}.${name}`, ...values), exact: false };
  }
  if (values.some((value) => value.length > RECORD_LIMITS.sourceUnits)) return undefined;
  const sources = values.flatMap((value) => (value === UNKNOWN_SERVICE ? ["", value] : [value]));
  return { filter: valueIs("source", ...sources), exact: true };
}

/** The values that a positive matcher lets through; undefined where they are no short list. */
function valuesOf({ op, value }: Matcher): readonly string[] | undefined {
  const values = op === "=" ? [value] : op === "=~" ? alternativesOf(value) : undefined;
  // The empty value means a label that is not there.
  return values?.includes("") === true ? undefined : values;
}

/** Undefined where a value is no level: then it is a label's own text. */
function asLevels(values: readonly string[], exact: boolean): Sieve | undefined {
  const levels = values.map(levelIndex);
  if (levels.some((level) => level < 0)) return undefined;
  return { filter: { kind: "level", levels: [...new Set(levels)].map(levelName) }, exact };
}

/** Tests of what every record has as a field; all others look at text that has no one place. */
function ofTest(test: LabelTest): Sieve | undefined {
  switch (test.kind) {
    case "and": {
      const parts = [ofTest(test.left), ofTest(test.right)];
      const of = parts.flatMap((part) => part?.filter ?? []);
      if (of.length === 0) return undefined;
      return { filter: { kind: "all", of }, exact: parts.every((part) => part?.exact === true) };
    }
    case "or": {
      const [left, right] = [ofTest(test.left), ofTest(test.right)];
      if (left === undefined || right === undefined) return undefined;
      return { filter: anyOf([left.filter, right.filter]), exact: left.exact && right.exact };
    }
    case "match":
      return ofLabel(test.matcher);
    case "address":
    case "compare":
      return undefined;
  }
}

function ofLabel(matcher: Matcher): Sieve | undefined {
  const values = valuesOf(matcher);
  if (values === undefined) return undefined;
  const { name } = matcher;
  if (name === DETECTED_LEVEL) {
    // Levels have one name each here: `detected_level="warning"` is nobody's.
    const plain = values.every((value) => levelText(levelIndex(value)) === value);
    return asLevels(values, plain);
  }
  if (name !== "trace_id" && name !== "span_id") return undefined;
  // Labels that are too long for the field stay labels.
  const units = ID_UNITS.get(name) ?? 0;
  const [short, long] = [
    values.filter((value) => value.length <= units),
    values.filter((value) => value.length > units),
  ];
  const places = [
    ...(short.length > 0 ? [valueIs(name, ...short)] : []),
    ...(long.length > 0 ? [valueIs(`metadata.${LABELS_KEY}.${name}`, ...long)] : []),
  ];
  return { filter: anyOf(places), exact: false };
}

function anyOf(of: readonly Filter[]): Filter {
  const [only] = of;
  return of.length === 1 && only !== undefined ? only : { kind: "any", of };
}
