import { types } from "node:util";

import { RECORD_LIMITS } from "../limits.ts";
import { HEADERS, HIDDEN, Keys, PLAIN, SPAN_ID, TRACE_ID, VALUE } from "./keys.ts";
import { isPlain, isRecord } from "./plain.ts";
import { quote } from "./quote.ts";
import {
  createKeyTest,
  createScrub,
  type RedactOptions,
  type Scrub,
} from "../../redaction/index.ts";
import { textOf, Walk } from "./walk.ts";

/** The trace that a record belongs to; empty texts where there is none. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

export const NO_TRACE: TraceIds = { traceId: "", spanId: "" };

/** What a logger puts beside the fields of each call, written once. */
export interface Bound extends TraceIds {
  readonly keys: readonly string[];
  /** A member for each key. */
  readonly members: readonly string[];
  /** All of them. */
  readonly text: string;
}

export const NOTHING_BOUND: Bound = { keys: [], members: [], text: "", ...NO_TRACE };

/** Turns messages and fields into the JSON text that is sent; what it made no later change reaches. */
export class Encoder {
  readonly #keys: Keys;
  readonly #scrub: Scrub | undefined;
  /** The ids that the fields encoded last had: read at once, as the next call overwrites them. */
  traceId = "";
  spanId = "";

  constructor(options: RedactOptions | undefined) {
    this.#keys = new Keys(createKeyTest(options));
    this.#scrub = createScrub(options);
  }

  /** A message as JSON: texts as they are, errors by their message, anything else as text. */
  message(message: unknown): string {
    if (typeof message === "string")
      return textOf(message, RECORD_LIMITS.messageUnits, this.#scrub);
    try {
      if (types.isNativeError(message))
        return textOf(String(message.message), RECORD_LIMITS.messageUnits, this.#scrub);
      if (typeof message !== "object" || message === null)
        return textOf(String(message), RECORD_LIMITS.messageUnits, this.#scrub);
      const text = new Walk(this.#keys, this.#scrub).value(message, PLAIN) ?? "";
      return textOf(text, RECORD_LIMITS.messageUnits, undefined);
    } catch {
      return `"[unreadable]"`;
    }
  }

  /** All members of a record's data as JSON, without braces: what is bound, and a call's fields over it. */
  fields(fields: unknown, bound: Bound): string {
    if (fields === undefined) {
      this.traceId = this.spanId = "";
      return bound.text;
    }
    try {
      if (typeof fields === "object" && fields !== null && isPlain(fields) && isRecord(fields)) {
        const text = this.#flat(fields, bound);
        if (text !== undefined) return text;
      }
    } catch {
      // A getter or a trap threw: the careful way says which.
    }
    return this.#careful(fields, bound);
  }

  /** A logger's bindings over those of its parent. */
  bind(fields: unknown, parent: Bound): Bound {
    const added = new Map<string, string>(
      parent.keys.map((key, at) => [key, parent.members[at] ?? ""]),
    );
    let [ownTrace, ownSpan] = ["", ""];
    let units = parent.text.length;
    if (typeof fields === "object" && fields !== null) {
      for (const key of keysOf(fields)) {
        const text = this.fields({ [key]: readOf(fields, key) }, NOTHING_BOUND);
        if (this.traceId !== "") ownTrace = this.traceId;
        if (this.spanId !== "") ownSpan = this.spanId;
        if (text === "" || units + text.length > RECORD_LIMITS.boundUnits) continue;
        units += text.length;
        added.set(key, text);
      }
    }
    const members = [...added.values()];
    // A span is one of its trace: a new trace does not keep the parent's.
    const [traceId, spanId] =
      ownTrace === "" ? [parent.traceId, ownSpan || parent.spanId] : [ownTrace, ownSpan];
    return { keys: [...added.keys()], members, text: members.join(","), traceId, spanId };
  }

  /**
   * The way of nearly all calls: a plain object of a few texts and numbers. What is nested in it goes
   * through a Walk, which is made with the first. @returns undefined where the careful way is needed
   */
  #flat(fields: Readonly<Record<string, unknown>>, bound: Bound): string | undefined {
    let out = boundWithout(bound, fields);
    let traceId = "";
    let spanId = "";
    let entries = 0;
    let walk: Walk | undefined;
    for (const name in fields) {
      if (!Object.hasOwn(fields, name)) continue;
      const key = this.#keys.of(name);
      if (++entries > RECORD_LIMITS.entries || out.length > RECORD_LIMITS.dataUnits)
        return undefined;
      if (key.kind === HIDDEN) {
        out += out === "" ? key.text : `,${key.text}`;
        continue;
      }
      if (key.kind === VALUE && this.#keys.isOfSecret(fields)) return undefined;
      const value = fields[name];
      let text: string | undefined;
      if (key.kind === PLAIN || key.kind === VALUE || key.kind === HEADERS) {
        if (typeof value === "string" && value.length <= RECORD_LIMITS.textUnits) {
          text = quote(this.#scrub === undefined ? value : this.#scrub(value));
        } else if (typeof value === "number" && value - value === 0) text = `${value}`;
        else if (typeof value === "boolean") text = value ? "true" : "false";
        else {
          walk ??= new Walk(this.#keys, this.#scrub, RECORD_LIMITS.dataUnits - out.length, [
            fields,
          ]);
          text = walk.value(value, key.kind);
        }
      } else if (key.kind === TRACE_ID && isId(value)) traceId = value;
      else if (key.kind === SPAN_ID && isId(value)) spanId = value;
      else return undefined;
      if (text === undefined) continue;
      out += out === "" ? key.text + text : `,${key.text}${text}`;
    }
    if (out.length > RECORD_LIMITS.dataUnits) return undefined;
    this.traceId = traceId;
    this.spanId = spanId;
    return out;
  }

  /** Any value as fields: an error as `err`, what has no members as `value`. */
  #careful(fields: unknown, bound: Bound): string {
    let traceId = "";
    let spanId = "";
    const isMine = (key: string, value: unknown) => {
      if (key !== "trace_id" && key !== "span_id") return false;
      if (!isId(value)) return false;
      if (key === "trace_id") traceId = value;
      else spanId = value;
      return true;
    };
    const walk = new Walk(this.#keys, this.#scrub);
    let text: string;
    try {
      const object = asObject(fields);
      text = walk.members(object, isMine);
      const rest = boundWithout(bound, object);
      if (rest !== "") text = text === "" ? rest : `${rest},${text}`;
    } catch {
      text = `"value":"[unreadable]"`;
    }
    this.traceId = traceId;
    this.spanId = spanId;
    return text;
  }
}

/** What a call's fields are read from. */
function asObject(fields: unknown): object {
  if (typeof fields !== "object") return { value: fields };
  if (fields === null) return {};
  if (types.isNativeError(fields) || fields instanceof Error) return { err: fields };
  if (isPlain(fields)) return fields;
  const isOther =
    Array.isArray(fields) ||
    types.isMap(fields) ||
    types.isSet(fields) ||
    types.isDate(fields) ||
    ArrayBuffer.isView(fields) ||
    typeof Reflect.get(fields, "toJSON") === "function";
  return isOther ? { value: fields } : fields;
}

/** What is bound, without the members that a call gives anew: the service refuses a key named twice. */
function boundWithout(bound: Bound, fields: object): string {
  const { keys } = bound;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at];
    if (key !== undefined && Object.hasOwn(fields, key))
      return bound.members
        .filter((_member, at) => !Object.hasOwn(fields, keys[at] ?? ""))
        .join(",");
  }
  return bound.text;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= RECORD_LIMITS.idUnits;
}

function keysOf(value: object): string[] {
  try {
    return Object.keys(value).slice(0, RECORD_LIMITS.entries);
  } catch {
    return [];
  }
}

function readOf(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    return "[unreadable]";
  }
}
