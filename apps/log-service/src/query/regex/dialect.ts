import { QUERY_LIMITS } from "../../limits.ts";

/**
 * Why a pattern is none that may run; undefined if it may.
 */
export function regexProblem(pattern: string): string | undefined {
  if (pattern.length > QUERY_LIMITS.regexUnits) {
    return `is longer than ${QUERY_LIMITS.regexUnits} characters`;
  }
  try {
    return RegExp(pattern) instanceof RegExp ? undefined : "is not valid";
  } catch (error) {
    return error instanceof Error ? error.message : "is not valid";
  }
}
