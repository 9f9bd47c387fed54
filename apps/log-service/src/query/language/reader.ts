import { Mistakes } from "./mistakes.ts";

/** Text as it was written: what stands in quotes, and what does not. */
export interface Piece {
  readonly text: string;
  readonly quoted: boolean;
}

const SPACE = /\s/;
/** What ends a bare text. */
const ENDS = /[\s()|"]/;
/** What else ends the first text of a test, so that what follows is its operator. */
const OPERATOR = /[:=!<>~]/;

/** A way through the query's text. Each method reads what it names, or nothing at all. */
export class Reader {
  readonly text: string;
  readonly mistakes: Mistakes;
  at = 0;

  constructor(text: string) {
    this.text = text;
    this.mistakes = new Mistakes(text);
  }

  get ended(): boolean {
    return this.at >= this.text.length;
  }

  skipSpace(): void {
    while (this.at < this.text.length && SPACE.test(this.text[this.at] ?? "")) this.at += 1;
  }

  next(text: string): boolean {
    return this.text.startsWith(text, this.at);
  }

  take(text: string): boolean {
    if (!this.next(text)) return false;
    this.at += text.length;
    return true;
  }

  /** A word of the language itself, in any case, with nothing right behind it that belongs to it. */
  takeWord(word: string): boolean {
    const end = this.at + word.length;
    if (this.text.slice(this.at, end).toUpperCase() !== word.toUpperCase()) return false;
    const after = this.text[end];
    if (after !== undefined && !ENDS.test(after) && after !== ",") return false;
    this.at = end;
    return true;
  }

  /** Whether such a word follows. */
  nextWord(word: string): boolean {
    const start = this.at;
    const found = this.takeWord(word);
    this.at = start;
    return found;
  }

  /** A name with dots, of which parts may be quoted: `metadata."http status".code`. */
  name(): string | undefined {
    const start = this.at;
    let name = this.#run((unit) => /[\w.@$/-]/.test(unit));
    while (name.endsWith(".") && this.next('"')) {
      name += this.quoted() + this.#run((unit) => /[\w.@$/-]/.test(unit));
    }
    if (name !== "") return name;
    this.at = start;
    return undefined;
  }

  /**
   * Adjacent bare and quoted texts, up to what ends them.
   * @param stops What else ends them.
   */
  pieces(stops = ""): Piece[] {
    const pieces: Piece[] = [];
    while (!this.ended) {
      if (this.next('"')) {
        pieces.push({ text: this.quoted(), quoted: true });
        continue;
      }
      const text = this.#run((unit) => !ENDS.test(unit) && !stops.includes(unit));
      if (text === "") break;
      pieces.push({ text, quoted: false });
    }
    return pieces;
  }

  /** A bare text that may turn out to be the name of a field. */
  bare(): string {
    return this.#run((unit) => !ENDS.test(unit) && !OPERATOR.test(unit));
  }

  /** Behind an opening quote: up to the closing one. `\"` and `\\` stand for what is escaped. */
  quoted(): string {
    const start = this.at;
    this.at += 1;
    let text = "";
    for (;;) {
      const unit = this.text[this.at];
      if (unit === undefined) this.mistakes.fail(start, start + 1, "the quote is never closed");
      this.at += 1;
      if (unit === '"') return text;
      const escaped = this.text[this.at];
      if (unit === "\\" && (escaped === '"' || escaped === "\\")) {
        this.at += 1;
        text += escaped;
      } else {
        text += unit;
      }
    }
  }

  /** `/…/` or `/…/i`; nothing if no such expression ends at the next slash: then it is a path. */
  slashed(): { readonly pattern: string; readonly ignoreCase: boolean } | undefined {
    if (!this.next("/")) return undefined;
    let end = this.at + 1;
    while (end < this.text.length && this.text[end] !== "/") end += this.text[end] === "\\" ? 2 : 1;
    const ignoreCase = this.text[end + 1] === "i";
    const after = this.text[end + (ignoreCase ? 2 : 1)];
    const closed = this.text[end] === "/" && (after === undefined || /[\s()|,]/.test(after));
    if (!closed || end === this.at + 1) return undefined;
    const pattern = this.text.slice(this.at + 1, end).replaceAll("\\/", "/");
    this.at = end + (ignoreCase ? 2 : 1);
    return { pattern, ignoreCase };
  }

  /** Like `"…"`, with an `i` behind it where case does not matter. */
  quotedPattern(): { readonly pattern: string; readonly ignoreCase: boolean } | undefined {
    if (!this.next('"')) return undefined;
    const pattern = this.quoted();
    const ignoreCase = this.nextWord("i") && this.next("i");
    if (ignoreCase) this.at += 1;
    return { pattern, ignoreCase };
  }

  /** What stands here, for a message. */
  here(): string {
    if (this.ended) return "the end";
    const [word = ""] = /^[^\s()|,"]+|^./s.exec(this.text.slice(this.at, this.at + 32)) ?? [];
    return `'${word}'`;
  }

  #run(belongs: (unit: string) => boolean): string {
    const start = this.at;
    while (this.at < this.text.length && belongs(this.text[this.at] ?? "")) this.at += 1;
    return this.text.slice(start, this.at);
  }
}
