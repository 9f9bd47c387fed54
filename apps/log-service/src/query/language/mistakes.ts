import { ServiceError } from "../../errors.ts";
import { QUERY_LIMITS } from "../../limits.ts";

/** What is wrong in a query, and where. */
export interface Mistake {
  /** From 1. */
  readonly line: number;
  /** In characters, from 1. */
  readonly column: number;
  readonly message: string;
  /** The line, as much of it as matters, and under it a caret for each wrong character. */
  readonly excerpt: string;
}

/** Ends the parsing: what follows cannot be told apart any more. The mistake itself is already noted. */
export class Lost extends Error {
  override readonly name = "Lost";
}

/** Collects what is wrong, so that all of it can be told at once. */
export class Mistakes {
  readonly #text: string;
  readonly #found: Mistake[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** @param from,to The wrong part of the query: `to` is the first place behind it. */
  add(from: number, to: number, message: string): void {
    if (this.#found.length >= QUERY_LIMITS.mistakes) return;
    const before = this.#text.slice(0, from);
    const start = before.lastIndexOf("\n") + 1;
    const newline = this.#text.indexOf("\n", from);
    const end = newline === -1 ? this.#text.length : newline;
    this.#found.push({
      line: before.split("\n").length,
      column: from - start + 1,
      message,
      excerpt: excerpt(this.#text.slice(start, end), from - start, Math.min(to, end) - start),
    });
  }

  fail(from: number, to: number, message: string): never {
    this.add(from, to, message);
    throw new Lost(message);
  }

  /** @throws ServiceError NL_QUERY_INVALID if anything was wrong. */
  check(): void {
    const [first] = this.#found;
    if (first === undefined) return;
    const { line, column, excerpt } = first;
    const told = this.#found.map(
      (mistake) =>
        `${mistake.message} (line ${mistake.line}, column ${mistake.column})\n${mistake.excerpt}`,
    );
    throw new ServiceError("NL_QUERY_INVALID", `The query is not valid: ${told.join("\n")}`, {
      details: { line, column, excerpt, mistakes: this.#found },
    });
  }
}

/** Characters shown on each side of a mistake. */
const AROUND = 40;

function excerpt(line: string, from: number, to: number): string {
  const start = Math.max(0, from - AROUND);
  const shown = line.slice(start, from + 2 * AROUND);
  const carets = Math.max(1, Math.min(to, start + shown.length) - from);
  return `  ${shown.replaceAll("\t", " ")}\n  ${" ".repeat(from - start)}${"^".repeat(carets)}`;
}
