import { LOKI_LIMITS, RECORD_LIMITS } from "../limits.ts";
import { patternProblem } from "./regex.ts";
import { FUNCTIONS } from "./template/functions.ts";
import { holds, textOf, type Operand } from "./template/operand.ts";
import { TemplateError, wordsOf, type Word } from "./template/words.ts";

/** What a template looks at: labels by name, `__line__` and `__timestamp__`. */
export type Lookup = (name: string) => string;

/** Text with `{{ … }}` in it, filled in for each line. */
export type Template = (lookup: Lookup) => string;

type Value = (lookup: Lookup) => Operand;

/** Parentheses in parentheses, and `if` in `if`. */
const DEEPEST = 8;

/** Why a template cannot be used; undefined if it can. */
export function templateProblem(text: string): string | undefined {
  try {
    compileTemplate(text);
    return undefined;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

/** @param text One of which `templateProblem` has nothing to say. */
export function compileTemplate(text: string): Template {
  const reader = new Reader(piecesOf(text));
  const parts = reader.parts(0);
  if (!reader.ended) throw new TemplateError("there is no if for an else or an end");
  return (lookup) => join(parts, lookup);
}

type Piece = { readonly text: string } | { readonly action: string };

// `{{-` and `-}}` take the blanks beside them away.
const ACTION = /(\s+(?=\{\{- ))?\{\{(?:- )?([^{}]*?)(?: -\}\}\s*|\}\})/g;
const COMMENT = /^\/\*.*\*\/$/s;

function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(ACTION)) {
    const before = text.slice(at, match.index);
    if (before !== "") pieces.push({ text: before });
    const action = (match[2] ?? "").trim();
    if (!COMMENT.test(action)) pieces.push({ action });
    at = match.index + match[0].length;
    if (pieces.length > LOKI_LIMITS.stages * 2) throw new TemplateError("it has too many parts");
  }
  const rest = text.slice(at);
  if (rest.includes("{{")) throw new TemplateError("an action does not close");
  if (rest !== "") pieces.push({ text: rest });
  return pieces;
}

function join(parts: readonly Value[], lookup: Lookup): string {
  let line = "";
  for (const part of parts) {
    line += textOf(part(lookup));
    // Nine copies of a line are nine times its length: what comes out is a line again.
    if (line.length > RECORD_LIMITS.messageUnits) return line.slice(0, RECORD_LIMITS.messageUnits);
  }
  return line;
}

/** Reads pieces up to the `else` or `end` of the `if` that they stand in. */
class Reader {
  readonly #pieces: readonly Piece[];
  #at = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  get ended(): boolean {
    return this.#at === this.#pieces.length;
  }

  parts(depth: number): readonly Value[] {
    if (depth > DEEPEST) throw new TemplateError("it is nested too deeply");
    const parts: Value[] = [];
    for (; !this.ended; this.#at += 1) {
      const piece = this.#pieces[this.#at];
      if (piece === undefined) break;
      if ("text" in piece) {
        parts.push(() => piece.text);
        continue;
      }
      const [, word = "", rest = ""] = /^(if|else|end)\b\s*(.*)$/s.exec(piece.action) ?? [];
      if (word === "else" || word === "end") break;
      parts.push(word === "if" ? this.#branch(rest, depth) : compileAction(piece.action));
    }
    return parts;
  }

  /** From an `if` or `else if` on; ends at its `end`. */
  #branch(condition: string, depth: number): Value {
    const test = compileAction(condition);
    this.#at += 1;
    const then = this.parts(depth + 1);
    const piece = this.#pieces[this.#at];
    if (piece === undefined || "text" in piece) throw new TemplateError("an if has no end");
    let otherwise: readonly Value[] = [];
    const [, follows] = /^else\s+if\b(.*)$/s.exec(piece.action) ?? [];
    if (follows !== undefined) otherwise = [this.#branch(follows, depth + 1)];
    else if (piece.action === "else") {
      this.#at += 1;
      otherwise = this.parts(depth + 1);
      const end = this.#pieces[this.#at];
      if (end === undefined || "text" in end || end.action !== "end") {
        throw new TemplateError("an else has no end");
      }
    } else if (piece.action !== "end") throw new TemplateError("else takes nothing but an if");
    return (lookup) => join(holds(test(lookup)) ? then : otherwise, lookup);
  }
}

function compileAction(action: string): Value {
  const words = wordsOf(action);
  let at = 0;
  let depth = 0;
  const pipeline = (): Value => {
    depth += 1;
    if (depth > DEEPEST) throw new TemplateError("it is nested too deeply");
    let value = command(undefined);
    while (words[at]?.kind === "|") {
      at += 1;
      value = command(value);
    }
    depth -= 1;
    return value;
  };
  const operand = (): Value | undefined => {
    const word = words[at];
    if (word === undefined || word.kind === ")" || word.kind === "|") return undefined;
    at += 1;
    if (word.kind === "(") {
      const inner = pipeline();
      if (words[at]?.kind !== ")") throw new TemplateError("a parenthesis does not close");
      at += 1;
      return inner;
    }
    const { text } = word;
    if (word.kind === "text") return () => text;
    if (word.kind === "number") return () => Number(text);
    if (text === "true" || text === "false") return () => text === "true";
    if (text.startsWith(".")) return (lookup) => lookup(text.slice(1));
    if (text === "__line__" || text === "__timestamp__") return (lookup) => lookup(text);
    throw new TemplateError(`the function ${text} stands where a value is needed`);
  };
  // What comes through the pipe is a command's last argument.
  const command = (piped: Value | undefined): Value => {
    const word = words[at];
    const named = word?.kind === "name" && !/^\.|^__/.test(word.text) ? word.text : undefined;
    if (named === undefined || named === "true" || named === "false") {
      const value = operand();
      if (value === undefined || piped !== undefined)
        throw new TemplateError("a function is missing");
      return value;
    }
    const fn = FUNCTIONS.get(named);
    if (fn === undefined) throw new TemplateError(`the function ${named} is not supported`);
    at += 1;
    const given: Value[] = [];
    for (let next = operand(); next !== undefined; next = operand()) given.push(next);
    if (piped !== undefined) given.push(piped);
    const { arity } = fn;
    if (arity === undefined ? given.length === 0 : given.length !== arity) {
      throw new TemplateError(`${named} takes ${arity ?? "at least one"} arguments`);
    }
    checkPattern(named, words);
    return (lookup) => fn.run(...given.map((value) => value(lookup)));
  };
  const value = pipeline();
  if (at < words.length) throw new TemplateError("an action has too much in it");
  return value;
}

/** A pattern that is written out is checked at once; one that a label brings is tried and else left. */
function checkPattern(fn: string, words: readonly Word[]): void {
  if (!fn.startsWith("regexReplaceAll")) return;
  const pattern = words.find((word) => word.kind === "text");
  const problem = pattern?.kind === "text" ? patternProblem(pattern.text) : undefined;
  if (problem !== undefined) throw new TemplateError(`the regular expression ${problem}`);
}
