import { QUERY_LIMITS } from "../../limits.ts";
import type { ServiceError } from "../../errors.ts";
import { patternProblem } from "../regex.ts";
import { templateProblem } from "../template.ts";
import { invalid, readTokens, type Token } from "./lexer.ts";

/** A query being read: its tokens, and where the reader is. */
export class Tokens {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = readTokens(text);
  }

  /** The next token; asked anew each time, as taking one changes it. */
  get next(): Token {
    return this.ahead(0);
  }

  get ended(): boolean {
    return this.next.kind === "end";
  }

  ahead(count: number): Token {
    return this.#tokens[this.#at + count] ?? { kind: "end", text: "", at: this.#text.length };
  }

  /** Whether the next token is this sign or word; strings never are. */
  is(...texts: readonly string[]): boolean {
    const { kind, text } = this.next;
    return (kind === "sign" || kind === "name") && texts.includes(text);
  }

  take(...texts: readonly string[]): string | undefined {
    return this.is(...texts) ? this.skip().text : undefined;
  }

  skip(): Token {
    const token = this.next;
    this.#at += 1;
    return token;
  }

  expect(text: string): void {
    if (this.take(text) === undefined) throw this.unexpected(`expecting ${JSON.stringify(text)}`);
  }

  name(what: string): string {
    if (this.next.kind !== "name") throw this.unexpected(`expecting ${what}`);
    return this.skip().text;
  }

  string(what: string): string {
    if (this.next.kind !== "string") throw this.unexpected(`expecting ${what}`);
    return this.skip().text;
  }

  quantity<T>(read: (text: string) => T | undefined, what: string): T {
    const value = this.next.kind === "quantity" ? read(this.next.text) : undefined;
    if (value === undefined) throw this.unexpected(`expecting ${what}`);
    this.skip();
    return value;
  }

  /** `(a, b)`: names; may be empty. */
  names(): string[] {
    const names: string[] = [];
    this.expect("(");
    while (!this.is(")")) {
      names.push(this.name("a label"));
      if (this.take(",") === undefined) break;
    }
    this.expect(")");
    return names;
  }

  /** Reads something that may hold itself: bounded, as every level is a frame of our own stack. */
  deeper<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > QUERY_LIMITS.depth) throw this.error("the query is nested too deeply");
    const value = read();
    this.#depth -= 1;
    return value;
  }

  checkRegex(pattern: string, at: number): void {
    const problem = patternProblem(pattern);
    if (problem !== undefined) throw this.error(`the regular expression ${problem}`, at);
  }

  checkTemplate(template: string, at: number): void {
    const problem = templateProblem(template);
    if (problem !== undefined) throw this.error(`invalid template: ${problem}`, at);
  }

  unexpected(wanted: string): ServiceError {
    const { kind, text } = this.next;
    const found = kind === "end" ? "end of query" : JSON.stringify(text.slice(0, 32));
    return this.error(`syntax error: unexpected ${found}, ${wanted}`);
  }

  error(problem: string, at: number = this.next.at): ServiceError {
    return invalid(this.#text, at, problem);
  }
}
