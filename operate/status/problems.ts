import { MAX_TEXT } from "../limits.ts";
import { explain } from "./explain.ts";
import type { Problem } from "./shape.ts";

type Words = { code: string; means: string; todo: string };

/** A problem that we found ourselves, with our own words. */
export const found = (
  severity: Problem["severity"],
  subject: string,
  words: Words,
  message = "",
  since?: number,
): Problem => ({
  severity,
  ...words,
  subject,
  message: bounded(message),
  since: isoOf(since),
});

/** A problem in somebody else's words, explained where they are known. */
export function told(
  severity: Problem["severity"],
  subject: string,
  message: string,
  since?: number,
  unknown: Partial<Words> = {},
): Problem {
  const words = explain(message) ?? {
    code: unknown.code ?? "other",
    means: unknown.means ?? "its own words are all there is",
    todo: unknown.todo ?? "",
  };
  return found(severity, subject, words, message, since);
}

/** The worst first, and of equals the one that tells most. */
export const sorted = (problems: readonly Problem[]): Problem[] =>
  unique(problems.toSorted((a, b) => rank(a) - rank(b)));

const rank = ({ severity, code }: Problem): number =>
  (severity === "wrong" ? 0 : 2) + (code === "other" ? 1 : 0);

/** Once each: conditions, operations and events tell the same in other words. Words of nobody's rule stay apart. */
function unique(problems: readonly Problem[]): Problem[] {
  const known = new Set<string>();
  return problems.filter(({ code, subject, message }) => {
    const key = JSON.stringify([code, subject, code === "other" ? message : ""]);
    return !known.has(key) && known.add(key);
  });
}

export const bounded = (text: string): string =>
  text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;

/** @param at milliseconds since 1970 */
export function isoOf(at: number | undefined): string | null {
  // Beyond this the calendar of JavaScript ends, and toISOString throws.
  if (at === undefined || !Number.isFinite(at) || Math.abs(at) > 8.64e15) return null;
  return new Date(at).toISOString();
}
