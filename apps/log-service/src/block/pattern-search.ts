import type { TextPattern } from "./pattern.ts";
import { isTokenUnit } from "./tokens.ts";

/** Finds a place in templates' text; -1 if there is none from `from` on. */
export interface TemplateSearch {
  next(text: string, from: number): number;
}

/**
 * A pattern made ready to be looked for in text with one character for each byte of UTF-8, in lower
 * case (`lowerBytes`). What ends a template there is no part of a token.
 */
export class PatternSearch implements TemplateSearch {
  /** Finds the templates in which the pattern may lie with a variable's help. */
  readonly aroundVariables: TemplateSearch;
  /** Whether a digit is in it: it then cannot lie in fixed text alone. */
  readonly hasDigits: boolean;
  /** Whether only fixed text can have it: whole tokens without digits. */
  readonly onlyFixed: boolean;
  /** The parts by which it can touch a variable token, if it has no digits. */
  readonly edges: readonly Edge[];
  readonly #bytes: string;
  readonly #startsAtWord: boolean;
  readonly #endsAtWord: boolean;

  constructor({ text, start, end }: TextPattern) {
    const bytes = lowerBytes(Buffer.from(text));
    this.#bytes = bytes;
    // A boundary is only asked for where the pattern itself has a token at its edge.
    this.#startsAtWord = start === "word" && isToken(bytes.charCodeAt(0));
    this.#endsAtWord = end === "word" && isToken(bytes.charCodeAt(bytes.length - 1));
    this.hasDigits = /[0-9]/.test(bytes);
    const edges: Edge[] = [];
    const first = /^[^\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]+/.exec(bytes)?.[0] ?? "";
    const last = /[^\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]+$/.exec(bytes)?.[0] ?? "";
    if (first !== "" && !this.#startsAtWord) edges.push(new Edge(first));
    if (last !== "" && !this.#endsAtWord) edges.push(new Edge(last));
    this.edges = edges;
    this.aroundVariables = new RegexSearch(templateRegex(bytes));
    this.onlyFixed = !this.hasDigits && edges.length === 0;
  }

  isIn(text: string): boolean {
    return this.next(text, 0) !== -1;
  }

  /** Which of the messages that are made from a template have the pattern. */
  verdict(template: string): "all" | "none" | "some" {
    if (this.isIn(template)) return "all";
    return this.onlyFixed || this.aroundVariables.next(template, 0) === -1 ? "none" : "some";
  }

  /** Where it is found first from `from` on; -1 if nowhere. */
  next(text: string, from: number): number {
    const bytes = this.#bytes;
    for (let at = text.indexOf(bytes, from); at !== -1; at = text.indexOf(bytes, at + 1)) {
      const begins = !this.#startsAtWord || !isToken(text.charCodeAt(at - 1));
      const after = at + bytes.length;
      if (begins && (!this.#endsAtWord || !isToken(text.charCodeAt(after)))) return at;
    }
    return -1;
  }
}

class RegexSearch implements TemplateSearch {
  readonly #regex: RegExp;

  constructor(source: string) {
    this.#regex = new RegExp(source, "g");
  }

  next(text: string, from: number): number {
    this.#regex.lastIndex = from;
    return this.#regex.exec(text)?.index ?? -1;
  }
}

/**
 * What a pattern looks like where variables take part: a token with a digit is a variable, or one of
 * too many; a token at an edge may be the end or the beginning of one.
 */
function templateRegex(bytes: string): string {
  const parts = bytes.match(TOKENS) ?? [];
  return parts
    .map((part, index) => {
      const atEdge = index === 0 || index === parts.length - 1;
      if (!isToken(part.charCodeAt(0)) || !(atEdge || /[0-9]/.test(part))) return escaped(part);
      return `(?:[\\xf8-\\xfa]|${escaped(part)})`;
    })
    .join("");
}

/** Tokens, and what is between them. */
const TOKENS = /[0-9A-Za-z_\x80-\xff]+|[^0-9A-Za-z_\x80-\xff]+/g;

/** A token at a pattern's edge, which may be part of a longer one. */
class Edge {
  readonly mayBeHex: boolean;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    this.mayBeHex = /^[0-9a-f]+$/.test(text);
  }

  isIn(text: string): boolean {
    return text.includes(this.#text);
  }
}

/**
 * Bytes as characters, ASCII letters in lower case. Other bytes may become others above 0x7f too,
 * but nothing becomes or was 0xff: all that is looked for was made by this as well.
 */
export function lowerBytes(bytes: Buffer, from = 0, to = bytes.length): string {
  return bytes.toString("latin1", from, to).toLowerCase();
}

function escaped(text: string): string {
  return text.replace(
    /[^0-9A-Za-z_\x80-\xff]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** NaN stands beyond the text; 0xff ends a template. */
function isToken(byte: number): boolean {
  return byte !== 0xff && isTokenUnit(byte);
}
