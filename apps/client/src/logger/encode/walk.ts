import { types } from "node:util";

import { RECORD_LIMITS } from "../limits.ts";
import { describe, isSelfDescribing } from "./describe.ts";
import { CONSTRUCTOR, HIDDEN, LEFT_OUT, RAW_HEADERS, type Keys } from "./keys.ts";
import { quote, quoteWithin } from "./quote.ts";
import { REDACTED, type Scrub } from "./redaction.ts";

const MORE = "[more]";
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
  value(value: unknown): string | undefined {
    const text = this.#any(value);
    if (text !== undefined) this.#room -= text.length;
    return text;
  }

  /** An object's members as JSON, without braces, those of some keys left to the caller. */
  members(value: object, isMine: (key: string, value: unknown) => boolean): string {
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

  #text(text: string): string {
    const { textUnits } = RECORD_LIMITS;
    if (this.#scrub === undefined) return quoteWithin(text, textUnits, this.#room);
    // What is cut off first cannot be half of what a pattern looks for and then be seen.
    return quoteWithin(this.#scrub(text.slice(0, 2 * textUnits)), textUnits, this.#room);
  }

  #object(value: object): string | undefined {
    if (this.#around.includes(value)) return `"[circular]"`;
    if (this.#around.length >= RECORD_LIMITS.depth || this.#containers <= 0 || this.#room <= 0)
      return Array.isArray(value) ? `"[list]"` : `"[object]"`;
    this.#containers -= 1;
    this.#around.push(value);
    try {
      return this.#container(value);
    } catch {
      // A proxy that is revoked, a trap or a toJSON that throws.
      return `"[unreadable]"`;
    } finally {
      this.#around.pop();
    }
  }

  #container(value: object): string | undefined {
    if (Array.isArray(value)) return this.#list(value.length, (at) => value[at]);
    if (isSelfDescribing(value)) return this.#text(describe(value));
    if (types.isDate(value)) {
      const time = Date.prototype.getTime.call(value);
      return Number.isNaN(time) ? "null" : `"${new Date(time).toISOString()}"`;
    }
    if (types.isNativeError(value) || value instanceof Error) return this.#error(value);
    if (types.isMap(value)) return this.#map(value);
    if (types.isSet(value)) {
      const items = firstOf(Set.prototype.values.call(value));
      return this.#list(value.size, (at) => items[at]);
    }
    if (types.isBoxedPrimitive(value)) return this.#any(primitiveOf(value));
    if ("toJSON" in value && typeof value.toJSON === "function") {
      const json: unknown = value.toJSON();
      if (typeof json !== "object" || json === null || Array.isArray(json)) return this.#any(json);
      return `{${this.#properties(json, Object.keys(json))}}`;
    }
    return `{${this.#properties(value, Object.keys(value))}}`;
  }

  #list(length: number, item: (at: number) => unknown): string {
    let out = "[";
    for (let at = 0; at < length; at++) {
      if (at > 0) out += ",";
      if (at === RECORD_LIMITS.entries || this.#room <= 0) return `${out}"[${length - at} more]"]`;
      const text = this.#read(() => item(at)) ?? "null";
      out += text;
      this.#room -= 1;
    }
    return `${out}]`;
  }

  /** One value of a container, its length taken from the room. */
  #read(read: () => unknown): string | undefined {
    const before = this.#room;
    let text: string | undefined;
    try {
      text = this.#any(read());
    } catch {
      text = `"[unreadable]"`;
    }
    // What is inside was taken already: the room is what it was, less the whole.
    this.#room = before - (text?.length ?? 0);
    return text;
  }

  #properties(
    value: object,
    keys: readonly string[],
    isMine?: (key: string, value: unknown) => boolean,
  ): string {
    let out = "";
    let entries = 0;
    for (const [at, key] of keys.entries()) {
      if (entries >= RECORD_LIMITS.entries || this.#room <= 0) {
        const left = keys.length - at;
        return keys.includes(MORE) ? out : join(out, `"${MORE}":${left}`);
      }
      const member = this.#member(key, () => Reflect.get(value, key), isMine);
      if (member === undefined) continue;
      entries += 1;
      out = join(out, member);
    }
    return out;
  }

  #member(
    key: string,
    read: () => unknown,
    isMine?: (key: string, value: unknown) => boolean,
  ): string | undefined {
    const { kind, text } = this.#keys.of(key);
    if (kind === LEFT_OUT) return undefined;
    this.#room -= text.length;
    if (kind === HIDDEN) return text;
    let isTaken = false;
    const value = this.#read(() => {
      const inner = read();
      isTaken = isMine?.(key, inner) === true;
      if (kind === CONSTRUCTOR && typeof inner === "object") return "[object]";
      if (kind === RAW_HEADERS && Array.isArray(inner)) return this.#withoutSecrets(inner);
      return inner;
    });
    return value === undefined || isTaken ? undefined : text + value;
  }

  #withoutSecrets(list: readonly unknown[]): unknown[] {
    return list.slice(0, 2 * RECORD_LIMITS.entries).map((item, at) => {
      const name = list[at - 1];
      const isValue = at % 2 === 1 && typeof name === "string";
      return isValue && this.#keys.of(name).kind === HIDDEN ? REDACTED : item;
    });
  }

  #error(error: object): string {
    const own = Object.keys(error).filter((key) => !ERROR_KEYS.some((known) => known === key));
    const known = ERROR_KEYS.filter((key) => key in error);
    return `{${this.#properties(error, [...known, ...own])}}`;
  }

  #map(map: Map<unknown, unknown>): string {
    const entries = firstOf(Map.prototype.entries.call(map));
    const names = entries.map(([key]) => key);
    const rest = map.size - entries.length;
    if (names.every((name) => typeof name === "string")) {
      const byName = new Map(entries.map(([key, value]) => [String(key), value]));
      let out = "";
      for (const [name, value] of byName) {
        const member = this.#room > 0 ? this.#member(name, () => value) : undefined;
        if (member !== undefined) out = join(out, member);
      }
      return `{${rest > 0 && !byName.has(MORE) ? join(out, `"${MORE}":${rest}`) : out}}`;
    }
    const pairs = entries.map(([key, value]) => {
      const isHidden = typeof key === "string" && this.#keys.of(key).kind === HIDDEN;
      return [key, isHidden ? REDACTED : value];
    });
    return this.#list(map.size, (at) => pairs[at]);
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
