import { createRequire } from "node:module";
import { MAX_REGEX_STEPS } from "../limits.ts";

/** Why the log service would not start with a regular expression, as "it …"; undefined if it would. */
export function regexProblem(pattern: string): string | undefined {
  const { RE2JS, RE2JSException } = library();
  try {
    const steps = RE2JS.compile(pattern).programSize();
    return steps <= MAX_REGEX_STEPS ? undefined : "has too much in its counted repetitions";
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    if (/\(\?<?[=!]/.test(pattern)) return "looks around, which takes more than linear time";
    if (/\\[1-9]|\\k</.test(pattern)) return "refers back, which takes more than linear time";
    return `is no regular expression: ${error.message.replace(/^error parsing regexp: /, "")}`;
  }
}

/** Loaded for the first pattern: most records have none. */
function library(): typeof import("re2js") {
  return createRequire(import.meta.url)("re2js");
}
