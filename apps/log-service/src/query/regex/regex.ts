import { createRequire } from "node:module";

import { QUERY_LIMITS } from "../../limits.ts";
import { backtrackingRegex, type Backtracking } from "./backtracking.ts";
import { literalsOf, type Literals } from "./literals.ts";

/** A regular expression whose work grows with the text and its own size, never faster. */
export interface Regex {
  /** Whether it finds a match anywhere. */
  test(text: string): boolean;
  /** What a text must hold for it to match, letters in lower case. */
  readonly literals: Literals;
}

/**
 * RE2's dialect and engine: the one that Loki's clients write for. V8's own backtracks: with its
 * linear fallback turned on, fifty optional letters still took it ten seconds, and that fallback
 * knows neither `i` nor counts above 16. It still runs what cannot make it backtrack far.
 *
 * Loaded when the first expression is compiled: most processes never need it.
 */
function library(): typeof import("re2js") {
  return createRequire(import.meta.url)("re2js");
}

/** Why a pattern may not run, to be put after "the regular expression"; undefined if it may. */
export function regexProblem(pattern: string): string | undefined {
  if (pattern.length > QUERY_LIMITS.regexUnits) {
    return `is longer than ${QUERY_LIMITS.regexUnits} characters`;
  }
  const { RE2JS, RE2JSException } = library();
  try {
    const size = RE2JS.compile(pattern).programSize();
    return size <= QUERY_LIMITS.regexSize ? undefined : "has too much in its counted repetitions";
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return explain(pattern, error.message);
  }
}

/**
 * @param pattern One of which `regexProblem` has nothing to say.
 * @param ignoreCase Letters beyond ASCII too; but none of them stands for an ASCII one.
 */
export function compileRegex(pattern: string, ignoreCase: boolean): Regex {
  const { RE2JS } = library();
  const exact = RE2JS.compile(pattern);
  const literals = literalsOf(exact.re2Input.prefilter);
  const fast = backtrackingRegex(pattern, ignoreCase);
  if (!ignoreCase) return { test: fastest(fast, (text) => exact.test(text)), literals };
  const regex = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
  const test = fastest(fast, (text) => regex.test(text));
  return { test: (text) => test(withoutStrangers(text)), literals };
}

function fastest(
  fast: Backtracking | undefined,
  linear: (text: string) => boolean,
): (text: string) => boolean {
  if (fast === undefined) return linear;
  const { regex, mostUnits } = fast;
  return (text) => (text.length <= mostUnits ? regex.test(text) : linear(text));
}

/**
 * Unicode folds the long s and the Kelvin sign to ASCII letters: they would match what no filter of
 * ASCII tokens and no look for literals finds.
 */
function withoutStrangers(text: string): string {
  return STRANGERS.test(text) ? text.replace(/[\u017f\u212a]/g, "\ufffd") : text;
}

const STRANGERS = /[\u017f\u212a]/;

function explain(pattern: string, message: string): string {
  if (/\(\?<?[=!]/.test(pattern)) return "looks around, which takes more than linear time";
  if (/\\[1-9]|\\k</.test(pattern)) return "refers back, which takes more than linear time";
  return `is not valid: ${message.replace(/^error parsing regexp: /, "")}`;
}
