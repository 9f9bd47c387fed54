import { types } from "node:util";

import { RECORD_LIMITS } from "../limits.ts";
import { describe, isSelfDescribing } from "./describe.ts";
import { CONSTRUCTOR, HEADERS, HIDDEN, LEFT_OUT, VALUE, type Key, type Keys } from "./keys.ts";
import { isPlain, isRecord } from "./plain.ts";
import { quote, quoteWithin } from "./quote.ts";
import { REDACTED, type Scrub } from "../../redaction/index.ts";

/** Told of a key and its value: true where the caller takes it. */
export type IsMine = (key: string, value: unknown) => boolean;

const MORE = "[more]";
const UNREADABLE = '"[unreadable]"';
const LARGEST = 2n ** RECORD_LIMITS.bigIntBits;
/** What an Error has that is not enumerable. */
const ERROR_KEYS = ["name", "message", "stack", "cause", "errors"] as const;

/**
 * Writes one record's values as JSON, whatever they are: bounded in depth, entries, containers and
 * text, with secrets left out, and never throwing. One of them serves one record.
 */
export class Walk {
  readonly #keys: Keys;
  readonly #scrub: Scrub | undefined;
  /** Units of text that the record still has room for. */
  #room: number;
  #containers: number = RECORD_LIMITS.containers;
  /** The objects that the one in hand is inside of. */
  readonly #around: object[];

  constructor(
    keys: Keys,
    scrub: Scrub | undefined,
    room: number = RECORD_LIMITS.dataUnits,
    around: object[] = [],
  ) {
    this.#keys = keys;
    this.#scrub = scrub;
    this.#room = room;
    this.#around = around;
  }

  get room(): number {
    return this.#room;
  }

  /** A value as JSON; undefined for what JSON leaves out. */
  value(value: unknown, kind: number): string | undefined {
    const text = this.#ofKind(value, kind);
    if (text !== undefined) this.#room -= text.length;
    return text;
  }

  /** An object's members as JSON, without braces, those of some keys left to the caller. */
  members(value: object, isMine: IsMine): string {
    this.#around.push(value);
    try {
      return this.#properties(value, Object.keys(value), isMine);
    } catch {
      return `"value":"[unreadable]"`;
    } finally {
      this.#around.pop();
    }
  }

  #any(value: unknown): string | undefined {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return Number.isFinite(value) ? String(value) : `"${value}"`;
      case "boolean":
        return value ? "true" : "false";
      case "bigint":
        return value < LARGEST && value > -LARGEST ? `"${value}"` : `"[BigInt]"`;
      case "symbol":
        return this.#text(String(value));
      case "function":
        return `"[function]"`;
      case "object":
        return value === null ? "null" : this.#object(value);
      default:
        return undefined;
    }
  }

  #ofKind(value: unknown, kind: number): string | undefined {
    return kind === HEADERS && Array.isArray(value) ? this.#object(value, true) : this.#any(value);
  }

  #text(text: string): string {
    const { textUnits } = RECORD_LIMITS;
    if (this.#scrub === undefined) return quoteWithin(text, textUnits, this.#room);
    // What is cut off first cannot be half of what a pattern looks for and then be seen.
    return quoteWithin(this.#scrub(text.slice(0, 2 * textUnits)), textUnits, this.#room);
  }

  /** @param isHeaders A list's items are names and values by turns. */
  #object(value: object, isHeaders = false): string | undefined {
    if (this.#around.includes(value)) return `"[circular]"`;
    if (this.#around.length >= RECORD_LIMITS.depth || this.#containers <= 0 || this.#room <= 0)
      return Array.isArray(value) ? `"[list]"` : `"[object]"`;
    this.#containers -= 1;
    this.#around.push(value);
    try {
      return this.#container(value, isHeaders);
    } catch {
      // A proxy that is revoked, a trap or a toJSON that throws.
      return `"[unreadable]"`;
    } finally {
      this.#around.pop();
    }
  }

  #container(value: object, isHeaders: boolean): string | undefined {
    if (Array.isArray(value)) return this.#list(value, value.length, isHeaders);
    if (isPlain(value) && !hasToJson(value))
      return `{${this.#properties(value, Object.keys(value))}}`;
    if (isSelfDescribing(value)) return this.#text(describe(value));
    if (types.isDate(value)) {
      const time = Date.prototype.getTime.call(value);
      return Number.isNaN(time) ? "null" : `"${new Date(time).toISOString()}"`;
    }
    if (types.isNativeError(value) || value instanceof Error) return this.#error(value);
    if (types.isMap(value)) {
      const entries = firstOf(Map.prototype.entries.call(value));
      return this.#entries(entries, value.size - entries.length);
    }
    if (value instanceof Headers || value instanceof URLSearchParams)
      return this.#entries(firstOf(value.entries()), 0);
    if (types.isSet(value))
      return this.#list(firstOf(Set.prototype.values.call(value)), value.size);
    if (types.isBoxedPrimitive(value)) return this.#any(primitiveOf(value));
    const shown: unknown = hasToJson(value) ? value.toJSON() : value;
    if (typeof shown !== "object" || shown === null || Array.isArray(shown))
      return this.#any(shown);
    return `{${this.#properties(shown, Object.keys(shown))}}`;
  }

  /**
   * @param length Of the whole list, of which `items` may be the beginning.
   * @param isHeaders Whether names and values may stand in it by turns, as they do in each list of two.
   */
  #list(items: readonly unknown[], length: number, isHeaders = false): string {
    const isTurns = isHeaders || length === 2;
    let out = "[";
    for (let at = 0; at < length; at++) {
      if (at > 0) out += ",";
      if (at === RECORD_LIMITS.entries || this.#room <= 0) return `${out}"[${length - at} more]"]`;
      const before = this.#room;
      let text: string | undefined;
      try {
        const item = this.#isAfterName(items, at, isTurns) ? REDACTED : items[at];
        text = this.#any(item);
      } catch {
        text = UNREADABLE;
      }
      out += text ?? "null";
      // What is inside was taken already: the room is what it was, less the whole and its comma.
      this.#room = before - (text?.length ?? 4) - 1;
    }
    return `${out}]`;
  }

  /** Whether what stands before an item is a secret's name: of a pair, of headers by turns, or as an option. */
  #isAfterName(items: readonly unknown[], at: number, isTurns: boolean): boolean {
    const before = at === 0 ? undefined : items[at - 1];
    if (typeof before !== "string") return false;
    return ((isTurns && at % 2 === 1) || before.startsWith("-")) && this.#keys.isSecret(before);
  }

  #properties(value: object, keys: readonly string[], isMine?: IsMine): string {
    if (!isRecord(value)) return "";
    let out = "";
    let entries = 0;
    for (let at = 0; at < keys.length; at++) {
      if (entries >= RECORD_LIMITS.entries || this.#room <= 0) {
        const left = keys.length - at;
        return keys.includes(MORE) ? out : join(out, `"${MORE}":${left}`);
      }
      const key = keys[at] ?? "";
      const known = this.#keys.of(key);
      let member: string | undefined = known.text;
      if (known.kind === LEFT_OUT) continue;
      if (known.kind === VALUE && this.#keys.isOfSecret(value)) member += `"${REDACTED}"`;
      else if (known.kind !== HIDDEN) {
        let inner: unknown;
        try {
          inner = value[key];
        } catch {
          inner = "[unreadable]";
        }
        if (isMine?.(key, inner) === true) continue;
        member = this.#member(known, inner);
      }
      if (member === undefined) continue;
      entries += 1;
      out = out === "" ? member : `${out},${member}`;
    }
    return out;
  }

  /** A member with its value, their length taken from the room. */
  #member({ kind, text: name }: Key, value: unknown): string | undefined {
    const before = this.#room;
    let text = this.#ofKind(value, kind);
    if (text === undefined) return undefined;
    if (
      kind === CONSTRUCTOR &&
      text.startsWith("{") &&
      Object.hasOwn(JSON.parse(text), "prototype")
    )
      text = `"[object]"`;
    this.#room = before - text.length - name.length - 1;
    return name + text;
  }

  #error(error: object): string {
    const own = Object.keys(error).filter((key) => !ERROR_KEYS.some((known) => known === key));
    const known = ERROR_KEYS.filter((key) => key in error);
    return `{${this.#properties(error, [...known, ...own])}}`;
  }

  /** @param rest How many more there are. */
  #entries(entries: readonly (readonly [unknown, unknown])[], rest: number): string {
    const names = entries.map(([key]) => key);
    if (!names.every((name) => typeof name === "string")) {
      // Lists of two: what follows a secret's name is left out there.
      return this.#list(entries, entries.length + rest);
    }
    let out = "";
    for (const [name, value] of entries) {
      const known = this.#keys.of(String(name));
      if (known.kind === LEFT_OUT || this.#room <= 0) continue;
      const member = known.kind === HIDDEN ? known.text : this.#member(known, value);
      if (member !== undefined) out = join(out, member);
    }
    return `{${rest > 0 && !names.includes(MORE) ? join(out, `"${MORE}":${rest}`) : out}}`;
  }
}

function join(before: string, member: string): string {
  return before === "" ? member : `${before},${member}`;
}

/** The first entries, and one more where there are more. */
function firstOf<T>(all: Iterable<T>): T[] {
  const first: T[] = [];
  for (const one of all) {
    if (first.length >= RECORD_LIMITS.entries) break;
    first.push(one);
  }
  return first;
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}

/** A boxed primitive's own value, past what the application may have put over `valueOf`. */
function primitiveOf(value: object): unknown {
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  return "[object]";
}

/** A text that is no field: a message, or a name. */
export function textOf(text: string, limit: number, scrub: Scrub | undefined): string {
  if (scrub === undefined && text.length <= limit) return quote(text);
  const clean = scrub === undefined ? text : scrub(text.slice(0, 2 * limit));
  return quoteWithin(clean, limit, 6 * limit);
}
