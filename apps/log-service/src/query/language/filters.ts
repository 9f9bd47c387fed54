import { QUERY_LIMITS } from "../../limits.ts";
import { EVERYTHING, valueIs, type Filter } from "../filter.ts";
import type { Field } from "../pipe.ts";
import { fieldNamed, unknownField } from "./names.ts";
import type { Reader } from "./reader.ts";
import {
  isStar,
  levelTest,
  messageTest,
  rangeTest,
  regexTest,
  textOf,
  textTest,
  timeTest,
  type Comparison,
  type Edge,
  type Value,
} from "./test.ts";

const COMPARISONS: readonly Comparison[] = ["<=", ">=", "<", ">"];

/** Reads the filter in front of the pipes, by the grammar in docs/query-language.md. */
export class FilterParser {
  readonly #reader: Reader;
  readonly #nowMs: number;
  #depth = 0;
  #terms = 0;
  #values = 0;

  constructor(reader: Reader, nowMs: number) {
    this.#reader = reader;
    this.#nowMs = nowMs;
  }

  /** @throws Lost. */
  filter(): Filter {
    const reader = this.#reader;
    reader.skipSpace();
    const filter = this.#atEnd() ? EVERYTHING : this.#or();
    if (reader.next(")")) this.#fail("this parenthesis closes nothing");
    return filter;
  }

  #or(): Filter {
    const of = [this.#and()];
    while (this.#reader.takeWord("OR")) of.push(this.#and());
    return only(of) ?? { kind: "any", of };
  }

  #and(): Filter {
    const of = [this.#not()];
    while (!this.#atEnd() && !this.#reader.next(")") && !this.#reader.nextWord("OR")) {
      this.#reader.takeWord("AND");
      of.push(this.#not());
    }
    return only(of) ?? { kind: "all", of };
  }

  #not(): Filter {
    const reader = this.#reader;
    reader.skipSpace();
    const negated = reader.takeWord("NOT") || reader.take("-");
    if (!negated) return this.#primary();
    return this.#nested(() => ({ kind: "not", of: this.#not() }));
  }

  #primary(): Filter {
    const reader = this.#reader;
    for (const word of ["AND", "OR"]) {
      if (reader.nextWord(word))
        this.#fail(`'${word}' needs a filter on both sides; quote the word to look for it`);
    }
    this.#terms += 1;
    if (this.#terms > QUERY_LIMITS.terms)
      this.#fail(`a filter has at most ${QUERY_LIMITS.terms} terms`);
    const filter = reader.take("(") ? this.#group() : this.#term();
    reader.skipSpace();
    return filter;
  }

  #group(): Filter {
    const reader = this.#reader;
    const start = reader.at - 1;
    const filter = this.#nested(() => this.#or());
    if (!reader.take(")"))
      reader.mistakes.fail(start, start + 1, "this parenthesis is never closed");
    return filter;
  }

  #term(): Filter {
    const reader = this.#reader;
    const from = reader.at;
    const slashed = reader.slashed();
    if (slashed !== undefined) return regexTest(reader, "message", slashed, from);
    if (reader.take("~")) return this.#regex("message", from);
    const name = reader.name();
    if (name !== undefined) {
      const test = this.#fieldTest(name, from);
      if (test !== undefined) return test;
      reader.at = from;
    }
    const value = this.#words(from);
    return messageTest(reader, value);
  }

  /** Text that is looked for in the message: no operator may stand in it unquoted. */
  #words(from: number): Value {
    const reader = this.#reader;
    const pieces = [];
    for (;;) {
      const text = reader.next('"') ? reader.quoted() : undefined;
      const bare = text === undefined ? reader.bare() : "";
      if (text !== undefined) pieces.push({ text, quoted: true });
      else if (bare !== "") pieces.push({ text: bare, quoted: false });
      else break;
    }
    if (pieces.length === 0)
      this.#fail(`${reader.here()} was not expected here; quote text that has operators in it`);
    if (/[:=!<>~]/.test(reader.text[reader.at] ?? "")) {
      const name = reader.text.slice(from, reader.at);
      reader.mistakes.fail(from, reader.at, unknownField(name));
    }
    return { pieces, from, to: reader.at };
  }

  /** @returns undefined if the name is a word that is looked for. */
  #fieldTest(name: string, from: number): Filter | undefined {
    const reader = this.#reader;
    const end = reader.at;
    const field = fieldNamed(name);
    if (reader.take(":")) return this.#matches(this.#known(field, name, from, end));
    if (reader.take("!~")) return negation(this.#regex(this.#text(field, name, from, end), from));
    if (reader.take("~")) return this.#regex(this.#text(field, name, from, end), from);
    reader.skipSpace();
    if (field !== undefined && reader.takeWord("in")) {
      reader.skipSpace();
      if (reader.next("(")) return this.#matches(field);
      return undefined;
    }
    if (reader.take("!=")) return negation(this.#equals(this.#known(field, name, from, end)));
    const comparison = COMPARISONS.find((text) => reader.take(text));
    if (comparison !== undefined)
      return this.#compares(this.#known(field, name, from, end), comparison);
    if (reader.take("=")) return this.#equals(this.#known(field, name, from, end));
    return undefined;
  }

  #equals(field: Field): Filter {
    const reader = this.#reader;
    reader.skipSpace();
    // Everywhere else `=` is what `:` is: only a message is looked for words by the one, compared by the other.
    if (field !== "message" || reader.next("[") || reader.next("{")) return this.#matches(field);
    if (reader.take("(")) return this.#list(() => this.#exact(","));
    return this.#exact("");
  }

  #exact(stops: string): Filter {
    const value = this.#value(stops);
    const field = "message";
    return isStar(value) ? { kind: "exists", field } : valueIs(field, textOf(value));
  }

  #matches(field: Field): Filter {
    const reader = this.#reader;
    if (reader.take("(")) return this.#list(() => this.#one(field, ","));
    const range = reader.next("[") || reader.next("{");
    return range ? this.#range(field) : this.#one(field, "");
  }

  #one(field: Field, stops: string): Filter {
    const reader = this.#reader;
    const from = reader.at;
    if (field !== "level" && field !== "timestamp" && field !== "received") {
      const slashed = reader.slashed();
      if (slashed !== undefined) return regexTest(reader, field, slashed, from);
    }
    const value = this.#value(stops);
    switch (field) {
      case "level":
        return levelTest(reader, ":", value);
      case "timestamp":
      case "received": {
        if (isStar(value)) return EVERYTHING;
        const edge = { value, inclusive: true };
        return timeTest(reader, field, edge, edge, this.#nowMs);
      }
      case "message":
        return isStar(value) ? { kind: "exists", field } : messageTest(reader, value);
      default:
        return textTest(field, value);
    }
  }

  /** Behind an opening parenthesis: values with OR or commas between them. */
  #list(read: () => Filter): Filter {
    const reader = this.#reader;
    const start = reader.at - 1;
    const of: Filter[] = [];
    do {
      reader.skipSpace();
      of.push(read());
      this.#values += 1;
      if (this.#values > QUERY_LIMITS.values)
        this.#fail(`a filter's lists have at most ${QUERY_LIMITS.values} values`);
      reader.skipSpace();
    } while (reader.take(",") || reader.takeWord("OR"));
    if (!reader.take(")")) {
      if (reader.ended) reader.mistakes.fail(start, start + 1, "this parenthesis is never closed");
      this.#fail(`values have OR or a comma between them, not ${reader.here()}`);
    }
    return union(of);
  }

  #range(field: Field): Filter {
    const reader = this.#reader;
    const start = reader.at;
    const lowest = reader.take("[");
    if (!lowest) reader.take("{");
    reader.skipSpace();
    const lower = this.#value("]}");
    reader.skipSpace();
    if (!reader.takeWord("TO"))
      this.#fail("a range is written [10 TO 100], with * for an open end");
    reader.skipSpace();
    const upper = this.#value("]}");
    reader.skipSpace();
    const highest = reader.take("]");
    if (!highest && !reader.take("}"))
      reader.mistakes.fail(start, start + 1, "this range is never closed");
    return this.#between(field, start, edgeOf(lower, lowest), edgeOf(upper, highest));
  }

  #compares(field: Field, comparison: Comparison): Filter {
    const reader = this.#reader;
    reader.skipSpace();
    const value = this.#value();
    if (field === "level") return levelTest(reader, comparison, value);
    const edge = { value, inclusive: comparison.endsWith("=") };
    const open = { value: undefined, inclusive: true };
    return comparison.startsWith(">")
      ? this.#between(field, value.from, edge, open)
      : this.#between(field, value.from, open, edge);
  }

  #between(field: Field, from: number, lower: Edge, upper: Edge): Filter {
    const reader = this.#reader;
    if (field === "timestamp" || field === "received") {
      return timeTest(reader, field, lower, upper, this.#nowMs);
    }
    if (field !== "level") return rangeTest(field, lower, upper);
    reader.mistakes.add(from, reader.at, "levels have no ranges: write level>=WARN");
    return EVERYTHING;
  }

  #regex(field: Exclude<Field, "level" | "timestamp" | "received">, from: number): Filter {
    const reader = this.#reader;
    const pattern = reader.quotedPattern() ?? reader.slashed();
    if (pattern === undefined)
      this.#fail('a regular expression stands in quotes, as in ~"time(d )?out"');
    return regexTest(reader, field, pattern, from);
  }

  #value(stops = ""): Value {
    const reader = this.#reader;
    const from = reader.at;
    const pieces = reader.pieces(stops);
    if (pieces.length === 0) this.#fail(`a value is missing in front of ${reader.here()}`);
    return { pieces, from, to: reader.at };
  }

  /** A field that is not known is noted, and taken as the message's, so that the rest is read too. */
  #known(field: Field | undefined, name: string, from: number, to: number): Field {
    if (field === undefined) this.#reader.mistakes.add(from, to, unknownField(name));
    return field ?? "message";
  }

  #text(
    field: Field | undefined,
    name: string,
    from: number,
    to: number,
  ): Exclude<Field, "level" | "timestamp" | "received"> {
    const known = this.#known(field, name, from, to);
    if (known !== "level" && known !== "timestamp" && known !== "received") return known;
    this.#reader.mistakes.add(from, to, `'${known}' takes no regular expression`);
    return "message";
  }

  #nested(read: () => Filter): Filter {
    this.#depth += 1;
    if (this.#depth > QUERY_LIMITS.depth)
      this.#fail(`a filter is nested at most ${QUERY_LIMITS.depth} deep`);
    const filter = read();
    this.#depth -= 1;
    return filter;
  }

  #atEnd(): boolean {
    return this.#reader.ended || this.#reader.next("|");
  }

  #fail(message: string): never {
    const { at, mistakes } = this.#reader;
    return mistakes.fail(at, at + 1, message);
  }
}

function only(of: readonly Filter[]): Filter | undefined {
  return of.length === 1 ? of[0] : undefined;
}

function negation(of: Filter): Filter {
  return { kind: "not", of };
}

function edgeOf(value: Value, inclusive: boolean): Edge {
  return { value: isStar(value) ? undefined : value, inclusive };
}

/** A list as one filter where it can be one. */
function union(of: readonly Filter[]): Filter {
  const [first] = of;
  if (first?.kind === "is") {
    const values = of.flatMap((part) => (part.kind === "is" ? part.values : []));
    if (values.length === of.length) return { kind: "is", field: first.field, values };
  }
  if (first?.kind === "level") {
    const levels = of.flatMap((part) => (part.kind === "level" ? part.levels : []));
    if (of.every(({ kind }) => kind === "level"))
      return { kind: "level", levels: [...new Set(levels)] };
  }
  return only(of) ?? { kind: "any", of };
}
