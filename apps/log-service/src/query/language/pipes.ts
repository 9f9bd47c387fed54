import { PIPE_LIMITS, QUERY_LIMITS } from "../../limits.ts";
import { suggest } from "../../suggest.ts";
import type { Field, GroupKey, Pipe, SortColumn, StatsFunction } from "../pipe.ts";
import { columnsAfter } from "./columns.ts";
import { fieldNamed, unknownField } from "./names.ts";
import type { Reader } from "./reader.ts";
import { readDuration } from "./times.ts";

const FUNCTIONS = ["count", "sum", "min", "max", "avg", "count_uniq", "quantile"] as const;
const PIPES = ["stats", "top", "uniq", "sort", "fields", "limit", ...FUNCTIONS];
const SUMS = ["stats", "top", "uniq"];
const DEFAULT_TOP = 10;

/** Reads what follows the filter, by the grammar in docs/query-language.md. */
export class PipeParser {
  readonly #reader: Reader;
  /** What the pipes so far leave; undefined for records. */
  #columns: readonly string[] | undefined;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** @throws Lost. */
  pipes(): Pipe[] {
    const reader = this.#reader;
    const pipes: Pipe[] = [];
    while (reader.take("|")) {
      reader.skipSpace();
      const from = reader.at;
      const pipe = this.#pipe(from);
      if (pipes.length > 0 && SUMS.includes(pipe.kind)) {
        reader.mistakes.add(from, reader.at, `'${pipe.kind}' has to be the first pipe`);
      }
      pipes.push(pipe);
      if (pipes.length > QUERY_LIMITS.pipes) {
        reader.mistakes.fail(from, reader.at, `a query has at most ${QUERY_LIMITS.pipes} pipes`);
      }
      this.#columns = columnsAfter(pipe, this.#columns);
      reader.skipSpace();
    }
    if (!reader.ended)
      this.#fail(`${reader.here()} was not expected here; pipes have | between them`);
    return pipes;
  }

  #pipe(from: number): Pipe {
    const reader = this.#reader;
    const name = this.#word().toLowerCase();
    switch (name) {
      case "stats":
        return this.#stats();
      case "top":
        return this.#top();
      case "uniq": {
        this.#optional("by");
        return { kind: "uniq", by: this.#list(() => this.#field()) };
      }
      case "sort": {
        this.#optional("by");
        return { kind: "sort", by: this.#list(() => this.#sortColumn()) };
      }
      case "fields":
        return { kind: "fields", columns: this.#list(() => this.#column()) };
      case "limit":
      case "head":
        return { kind: "limit", limit: this.#whole(1, PIPE_LIMITS.topValues) };
      default:
        if (FUNCTIONS.some((known) => known === name)) {
          reader.at = from;
          return this.#stats();
        }
        return reader.mistakes.fail(
          from,
          Math.max(reader.at, from + 1),
          unknown("pipe", name, PIPES),
        );
    }
  }

  #stats(): Pipe {
    const from = this.#reader.at;
    const functions = this.#list(() => this.#function()).flat();
    const by = this.#optional("by") ? this.#list(() => this.#key()) : [];
    const names = [
      ...by.map((key) => (key.kind === "bin" ? "timestamp" : key.field)),
      ...functions.map(({ as }) => as),
    ];
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) {
      this.#reader.mistakes.add(
        from,
        this.#reader.at,
        `two columns would be named '${twice}': name one with 'as'`,
      );
    }
    return { kind: "stats", functions, by };
  }

  #top(): Pipe {
    const limit = /\d/.test(this.#reader.text[this.#reader.at] ?? "")
      ? this.#whole(1, PIPE_LIMITS.topValues)
      : DEFAULT_TOP;
    this.#optional("by");
    return { kind: "top", limit, field: this.#field() };
  }

  /** Several quantiles in one call are a function each. */
  #function(): StatsFunction[] {
    const reader = this.#reader;
    const from = reader.at;
    const name = this.#word().toLowerCase();
    const known = FUNCTIONS.find((each) => each === name);
    if (known === undefined) {
      return reader.mistakes.fail(
        from,
        Math.max(reader.at, from + 1),
        unknown("function", name, FUNCTIONS),
      );
    }
    this.#expect("(");
    if (known === "count") {
      this.#expect(")");
      return [{ name: known, as: this.#as() ?? known }];
    }
    if (known !== "quantile") {
      const of = reader.next(")") ? undefined : this.#field();
      this.#expect(")");
      const field = of ?? this.#of();
      return [{ name: known, of: field, as: this.#as() ?? `${known}(${field})` }];
    }
    const phis = this.#list(() => this.#phi());
    this.#expect(")");
    const of = this.#of();
    const start = reader.at;
    const as = this.#as();
    if (as !== undefined && phis.length > 1) {
      reader.mistakes.add(start, reader.at, "'as' names one quantile: write one function for each");
    }
    return phis.map((phi) => ({ name: known, phi, of, as: as ?? `${quantileName(phi)}(${of})` }));
  }

  #of(): Field {
    if (!this.#optional("of"))
      this.#fail("write of which field, as in quantile(0.99) of metadata.ms");
    return this.#field();
  }

  #as(): string | undefined {
    if (!this.#optional("as")) return undefined;
    return this.#reader.next('"') ? this.#quoted() : this.#word();
  }

  #phi(): number {
    const reader = this.#reader;
    const from = reader.at;
    const text = this.#token(/[\d.]/);
    const phi = Number(text);
    if (!/^[01]?(?:\.\d{1,6})?$/.test(text) || text === "" || phi > 1) {
      reader.mistakes.add(
        from,
        Math.max(reader.at, from + 1),
        "a quantile is a number from 0 to 1, with at most six decimals",
      );
    }
    return phi;
  }

  #key(): GroupKey {
    const reader = this.#reader;
    const from = reader.at;
    if (!reader.take("bin")) return { kind: "field", field: this.#field() };
    reader.skipSpace();
    if (!reader.take("(")) {
      reader.at = from;
      return { kind: "field", field: this.#field() };
    }
    reader.skipSpace();
    const start = reader.at;
    const ms = readDuration(this.#token(/\w/));
    if (ms === undefined)
      reader.mistakes.add(
        start,
        Math.max(reader.at, start + 1),
        "a bin is a length of time, as in bin(5m)",
      );
    this.#expect(")");
    return { kind: "bin", ms: ms ?? 1 };
  }

  #field(): Field {
    const reader = this.#reader;
    const from = reader.at;
    const name = reader.name();
    if (name === undefined) return this.#fail(`a field is missing in front of ${reader.here()}`);
    const field = fieldNamed(name);
    if (field === undefined) reader.mistakes.add(from, reader.at, unknownField(name));
    reader.skipSpace();
    return field ?? "message";
  }

  #sortColumn(): SortColumn {
    const column = this.#column();
    const descending = this.#optional("desc");
    if (!descending) this.#optional("asc");
    return { column, descending };
  }

  /** A column of the table so far; of records, a field. */
  #column(): string {
    const reader = this.#reader;
    const from = reader.at;
    if (this.#columns === undefined) return this.#field();
    const name = reader.next('"') ? reader.quoted() : this.#columnName();
    const end = reader.at;
    reader.skipSpace();
    const field = fieldNamed(name);
    const found = [name, field].find(
      (each) => each !== undefined && this.#columns?.includes(each) === true,
    );
    if (found === undefined) {
      reader.mistakes.add(
        from,
        Math.max(end, from + 1),
        unknown("column here", name, this.#columns),
      );
    }
    return found ?? name;
  }

  /** `p99(metadata.ms)`, or a field. */
  #columnName(): string {
    const reader = this.#reader;
    const name = reader.name() ?? "";
    if (!reader.take("(")) return name;
    const inner = reader.name() ?? "";
    return reader.take(")") ? `${name}(${inner})` : name;
  }

  #list<T>(read: () => T): T[] {
    const reader = this.#reader;
    const found: T[] = [];
    do {
      reader.skipSpace();
      found.push(read());
      if (found.length > QUERY_LIMITS.columns)
        this.#fail(`at most ${QUERY_LIMITS.columns} are possible here`);
      reader.skipSpace();
    } while (reader.take(","));
    return found;
  }

  #whole(least: number, most: number): number {
    const reader = this.#reader;
    const from = reader.at;
    const text = this.#token(/\d/);
    const number = Number(text);
    if (text === "" || number < least || number > most) {
      reader.mistakes.add(
        from,
        Math.max(reader.at, from + 1),
        `a whole number from ${least} to ${most} belongs here`,
      );
      return least;
    }
    return number;
  }

  #quoted(): string {
    const text = this.#reader.quoted();
    this.#reader.skipSpace();
    return text;
  }

  #word(): string {
    return this.#token(/\w/);
  }

  #token(unit: RegExp): string {
    const reader = this.#reader;
    const start = reader.at;
    while (!reader.ended && unit.test(reader.text[reader.at] ?? "")) reader.at += 1;
    const text = reader.text.slice(start, reader.at);
    reader.skipSpace();
    return text;
  }

  #optional(word: string): boolean {
    const found = this.#reader.takeWord(word);
    this.#reader.skipSpace();
    return found;
  }

  #expect(text: string): void {
    const reader = this.#reader;
    reader.skipSpace();
    if (!reader.take(text)) this.#fail(`'${text}' belongs here, not ${reader.here()}`);
    reader.skipSpace();
  }

  #fail(message: string): never {
    const { at, mistakes } = this.#reader;
    return mistakes.fail(at, at + 1, message);
  }
}

/** 0.999 becomes p99.9. */
function quantileName(phi: number): string {
  return `p${Number((phi * 100).toPrecision(12))}`;
}

function unknown(what: string, name: string, known: readonly string[]): string {
  const near = suggest(name, known);
  const meant = near === undefined ? `one of ${known.join(", ")}` : `'${near}'`;
  return `'${name}' is no ${what}; did you mean ${meant}?`;
}
