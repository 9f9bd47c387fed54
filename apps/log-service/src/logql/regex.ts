import { createRequire } from "node:module";

import { LOKI_LIMITS } from "../limits.ts";
import { compileRegex, regexProblem } from "../query/regex/regex.ts";

export { regexProblem } from "../query/regex/regex.ts";

/** An expression in RE2's dialect, which LogQL has: its work grows with the text and no faster. */
export interface Pattern {
  test(text: string): boolean;
  /** What the named groups found; undefined where nothing matches. */
  groups(text: string): ReadonlyMap<string, string> | undefined;
  /** Replaces the match of the whole text by `$1`-like references; undefined where nothing matches. */
  expand(text: string, replacement: string): string | undefined;
  replaceAll(text: string, replacement: string): string;
}

function library(): typeof import("re2js") {
  return createRequire(import.meta.url)("re2js");
}

const known = new Map<string, Pattern>();

/** @param pattern One of which `regexProblem` has nothing to say. */
export function compilePattern(pattern: string): Pattern {
  const before = known.get(pattern);
  if (before !== undefined) return before;
  const made = makePattern(pattern);
  if (known.size >= LOKI_LIMITS.patterns) known.clear();
  known.set(pattern, made);
  return made;
}

function makePattern(pattern: string): Pattern {
  const regex = library().RE2JS.compile(pattern);
  const names = Object.keys(regex.namedGroups());
  return {
    test: compileRegex(pattern, false).test,
    groups: (text) => {
      const matcher = regex.matcher(text);
      if (!matcher.find()) return undefined;
      return new Map(names.map((name) => [name, matcher.group(name) ?? ""]));
    },
    expand: (text, replacement) => {
      const matcher = regex.matcher(text);
      if (!matcher.matches()) return undefined;
      return replacement.replace(REFERENCE, (_, braced, plain) => {
        const name: string = braced ?? plain;
        if (/^\d+$/.test(name)) {
          return Number(name) <= matcher.groupCount() ? (matcher.group(Number(name)) ?? "") : "";
        }
        return names.includes(name) ? (matcher.group(name) ?? "") : "";
      });
    },
    replaceAll: (text, replacement) => regex.matcher(text).replaceAll(replacement),
  };
}

const REFERENCE = /\$(?:\{(\w+)\}|(\w+))/g;

/** Label matchers match the whole value. */
export function anchored(pattern: string): string {
  return `^(?s:${pattern})$`;
}

/** Why a pattern may not stand in a query, also once it is anchored. */
export function patternProblem(pattern: string): string | undefined {
  return regexProblem(pattern) ?? regexProblem(anchored(pattern));
}
