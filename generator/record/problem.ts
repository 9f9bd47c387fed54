import { errorMessage, type ErrorCode, type ErrorValues } from "../errors.ts";

/** A place in a file, lines and columns from 1. A column counts UTF-16 units, as editors do. */
export type Position = { line: number; column: number; length: number };

/** One finding, with all that a person or an editor needs to jump to it. */
export type Problem = {
  code: ErrorCode;
  message: string;
  /** Path from the repository's root, with `/`. */
  file: string;
  line: number;
  column: number;
  /** How many characters the caret underlines. */
  length: number;
  /** The line of the file; empty where the file has no such line. */
  source: string;
  /** What is probably meant. */
  suggestion: string | null;
};

/** A file that problems point into. */
export type Place = { file: string; text: string; position: Position };

export function problem<C extends ErrorCode>(
  code: C,
  values: ErrorValues<C>,
  place: Place,
  suggestion: string | null = null,
): Problem {
  const { line, column, length } = place.position;
  return {
    code,
    message: errorMessage(code, values),
    file: place.file,
    line,
    column,
    length,
    source: place.text.split("\n", line)[line - 1]?.replace(/\r$/, "") ?? "",
    suggestion,
  };
}

/** The first character of a file: where a problem of the whole file is shown. */
export const START: Position = { line: 1, column: 1, length: 1 };

/** Line and column of an offset. */
export function positionAt(text: string, offset: number, length = 1): Position {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - before.lastIndexOf("\n"), length: Math.max(1, length) };
}

/** By file, then by place: the order in which people work through them. */
export function sortProblems(problems: Problem[]): Problem[] {
  return problems.toSorted(
    (a, b) =>
      compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.code, b.code),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
