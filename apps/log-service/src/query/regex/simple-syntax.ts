import {
  addSet,
  anyCaseSet,
  emptySet,
  oppositeSet,
  rangeSet,
  setOf,
  type CharSet,
} from "./char-set.ts";

/** A sequence of an expression's parts. */
export type Sequence = readonly Part[];

export type Part =
  /** One character, `least` to `most` times. */
  | {
      readonly kind: "characters";
      readonly set: CharSet;
      readonly least: number;
      readonly most: number;
    }
  | { readonly kind: "edge"; readonly text: "^" | "$" | "\\b" }
  | { readonly kind: "any"; readonly of: readonly Sequence[] };

const DIGITS = rangeSet(0x30, 0x39);
const WORD = [rangeSet(0x41, 0x5a), rangeSet(0x61, 0x7a), DIGITS, setOf("_")].reduce(
  addSet,
  emptySet(),
);
const SPACE = setOf("\t\n\f\r ");
const NAMED: Readonly<Record<string, CharSet>> = {
  d: DIGITS,
  w: WORD,
  s: SPACE,
  D: oppositeSet(DIGITS),
  W: oppositeSet(WORD),
  S: oppositeSet(SPACE),
  t: setOf("\t"),
  n: setOf("\n"),
  r: setOf("\r"),
  f: setOf("\f"),
};
const NOT_NEWLINE = oppositeSet(setOf("\n"));

/**
 * Reads the part of RE2's dialect that most expressions keep to: ASCII characters, classes, groups,
 * alternatives, and repetitions of single characters. Without `\B`: V8 finds it between the halves of
 * a surrogate pair too.
 * @returns undefined for everything else, valid or not.
 */
export function readSimple(pattern: string, ignoreCase: boolean): Sequence | undefined {
  const reader = new Reader(pattern, ignoreCase);
  try {
    const parts = reader.alternatives();
    return reader.isAtEnd ? parts : undefined;
  } catch (error) {
    if (error instanceof NotSimple) return undefined;
    throw error;
  }
}

class NotSimple extends Error {}

class Reader {
  readonly #pattern: string;
  readonly #ignoreCase: boolean;
  #at = 0;

  constructor(pattern: string, ignoreCase: boolean) {
    this.#pattern = pattern;
    this.#ignoreCase = ignoreCase;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#pattern.length;
  }

  alternatives(): Sequence {
    const all = [this.#sequence()];
    while (this.#takes("|")) all.push(this.#sequence());
    const [only = []] = all;
    return all.length === 1 ? only : [{ kind: "any", of: all }];
  }

  #sequence(): Sequence {
    const parts: Part[] = [];
    while (!this.isAtEnd && !this.#sees(/[|)]/y)) parts.push(this.#part());
    return parts;
  }

  #part(): Part {
    const edge = this.#match(/[\^$]|\\b/y);
    if (edge === "^" || edge === "$" || edge === "\\b") {
      return this.#unrepeated({ kind: "edge", text: edge });
    }
    if (this.#match(/\((?:\?:)?(?!\?)/y) !== undefined) {
      const of = this.alternatives();
      if (!this.#takes(")")) throw new NotSimple();
      return this.#unrepeated({ kind: "any", of: [of] });
    }
    const set = this.#takes("[") ? this.#class() : this.#character();
    return { kind: "characters", set, ...this.#times() };
  }

  #unrepeated(part: Part): Part {
    if (this.#sees(/[*+?{]/y)) throw new NotSimple();
    return part;
  }

  #times(): { least: number; most: number } {
    const text = this.#match(/[*+?]|\{\d+(?:,\d*)?\}/y);
    if (text === undefined) return { least: 1, most: 1 };
    // Whether it takes many or few first makes no difference to whether there is a match.
    this.#takes("?");
    if (this.#sees(/[*+?{]/y)) throw new NotSimple();
    if (text === "*") return { least: 0, most: Infinity };
    if (text === "+") return { least: 1, most: Infinity };
    if (text === "?") return { least: 0, most: 1 };
    const [, least = "0", comma, most = ""] = /(\d+)(,?)(\d*)/.exec(text) ?? [];
    if (comma === "") return { least: Number(least), most: Number(least) };
    return { least: Number(least), most: most === "" ? Infinity : Number(most) };
  }

  #character(): CharSet {
    if (this.#takes(".")) return NOT_NEWLINE;
    const plain = this.#match(/[^\\[\](){}*+?|^$.\x80-\uffff]/y);
    return plain === undefined ? this.#escape() : this.#fold(setOf(plain));
  }

  #escape(): CharSet {
    const escaped = this.#match(/\\(?:[dwsDWStnrf]|[!-/:-@[-^`{-~])/y)?.[1];
    if (escaped === undefined) throw new NotSimple();
    return NAMED[escaped] ?? setOf(escaped);
  }

  #class(): CharSet {
    const isOpposite = this.#takes("^");
    const set = emptySet();
    do {
      const from = this.#match(/[^\\[\]\-^\x80-\uffff]/y);
      if (from === undefined) addSet(set, this.#escape());
      else if (!this.#takes("-")) addSet(set, setOf(from));
      else {
        const to = this.#match(/[^\\[\]\-^\x80-\uffff]/y);
        if (to === undefined || to < from) throw new NotSimple();
        addSet(set, rangeSet(from.charCodeAt(0), to.charCodeAt(0)));
      }
      // A dash elsewhere means itself or nothing that is agreed on.
    } while (!this.#takes("]"));
    // Both cases are in it before it is turned round.
    const folded = this.#fold(set);
    return isOpposite ? oppositeSet(folded) : folded;
  }

  #fold(set: CharSet): CharSet {
    return this.#ignoreCase ? anyCaseSet(set) : set;
  }

  #takes(text: string): boolean {
    if (!this.#pattern.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #sees(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#pattern);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#pattern)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }
}
