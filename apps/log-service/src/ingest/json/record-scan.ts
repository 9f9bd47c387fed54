import { FNV_BASIS, FNV_PRIME } from "../../block/hash.ts";
import { MetadataScan } from "../../block/scan-metadata.ts";
import { JSON_STRING, MessageScan, PLAIN } from "../../block/scan-message.ts";
import { RECORD_LIMITS } from "../../limits.ts";
import { LEVEL_OF_SILENCE, levelIndex } from "../../record/level.ts";
import { cleanText } from "../../record/text.ts";
import { InstantReader } from "../../record/time-bytes.ts";
import { readInstant } from "../../record/time.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const FAILED = -1;

/** The fields of a record, each a bit of those that were seen. */
const MESSAGE = 1;
const TIMESTAMP = 2;
const LEVEL = 4;
const SOURCE = 8;
const TRACE = 16;
const SPAN = 32;
const METADATA = 64;
const NAMESPACE = 128;

/** Names by length, for there are at most two of a length. An alias counts as its field. */
const NAMES: readonly (readonly { readonly bytes: Buffer; readonly field: number }[])[] = byLength({
  message: MESSAGE,
  timestamp: TIMESTAMP,
  level: LEVEL,
  source: SOURCE,
  component: SOURCE,
  trace_id: TRACE,
  span_id: SPAN,
  metadata: METADATA,
  data: METADATA,
  namespace: NAMESPACE,
});

/** Where a text lies in the bytes, with its `hashBytes`. */
interface Span {
  start: number;
  end: number;
  hash: number;
}

/**
 * One record's JSON read where it lies, field by field, without making values of it. It only takes
 * what it can prove to mean the same as `JSON.parse` and `normalize` would find; for anything else it
 * answers false, and they decide. Reused from record to record.
 */
export class RecordScan {
  readonly time = new InstantReader();
  ms = 0;
  nanos = 0;
  digits = 0;
  level = 0;
  readonly source: Span = { start: 0, end: 0, hash: FNV_BASIS };
  readonly trace: Span = { start: 0, end: 0, hash: FNV_BASIS };
  readonly span: Span = { start: 0, end: 0, hash: FNV_BASIS };
  readonly namespace: Span = { start: 0, end: 0, hash: FNV_BASIS };
  readonly metadata = new MetadataScan();
  /** Bytes of the metadata's text; 0 if there is none. */
  metadataBytes = 0;
  readonly message = new MessageScan();
  /** Where `message` was scanned: the body, or a text that was unescaped. */
  messageBytes: Buffer;

  readonly #bytes: Buffer;
  readonly #received: number;
  #unescaped = Buffer.alloc(0);
  #hash = 0;
  /** Levels that were read before, by their place: batches have few, each spelt one way. */
  readonly #levels: { start: number; end: number; index: number }[] = [];

  /**
   * @param bytes Valid UTF-8.
   * @param received What a record without a timestamp gets.
   */
  constructor(bytes: Buffer, received: number) {
    this.#bytes = bytes;
    this.messageBytes = bytes;
    this.#received = received;
  }

  /** Scans the record between two offsets, blanks around it included. */
  scan(start: number, end: number): boolean {
    const bytes = this.#bytes;
    this.#reset();
    let seen = 0;
    let at = skip(bytes, start, end);
    if (bytes[at] !== OPEN_BRACE) return false;
    at = skip(bytes, at + 1, end);
    for (;;) {
      const field = this.#field(at, end);
      // Unknown, or named twice, perhaps by its alias.
      if (field === 0 || (seen & field) !== 0) return false;
      seen |= field;
      at = skip(bytes, this.#nameEnd, end);
      if (bytes[at] !== COLON) return false;
      at = this.#value(field, skip(bytes, at + 1, end), end);
      if (at === FAILED) return false;
      at = skip(bytes, at, end);
      if (at >= end) return false;
      if (bytes[at] === CLOSE_BRACE) break;
      if (bytes[at] !== COMMA) return false;
      at = skip(bytes, at + 1, end);
    }
    if ((seen & MESSAGE) === 0) return false;
    return skip(bytes, at + 1, end) === end;
  }

  #reset(): void {
    this.ms = this.#received;
    this.nanos = 0;
    this.digits = 3;
    this.level = LEVEL_OF_SILENCE;
    clear(this.source);
    clear(this.trace);
    clear(this.span);
    clear(this.namespace);
    this.metadataBytes = 0;
  }

  #nameEnd = 0;

  /** @param at Of the name's quote. @returns 0 for a name that is not known. */
  #field(at: number, end: number): number {
    const bytes = this.#bytes;
    if (bytes[at] !== QUOTE) return 0;
    const from = at + 1;
    let to = from;
    while (to < end && bytes[to] !== QUOTE) to += 1;
    this.#nameEnd = to + 1;
    const names = NAMES[to - from];
    if (names === undefined) return 0;
    for (const { bytes: name, field } of names) {
      let index = 0;
      while (index < name.length && name[index] === bytes[from + index]) index += 1;
      if (index === name.length) return field;
    }
    return 0;
  }

  /** @returns Where the value ends, or FAILED. */
  #value(field: number, at: number, end: number): number {
    switch (field) {
      case MESSAGE:
        return this.#message(at, end);
      case TIMESTAMP:
        return this.#timestamp(at, end);
      case LEVEL:
        return this.#level(at, end);
      case SOURCE:
        return this.#text(this.source, RECORD_LIMITS.sourceUnits, at, end);
      case TRACE:
        return this.#text(this.trace, RECORD_LIMITS.traceIdUnits, at, end);
      case SPAN:
        return this.#text(this.span, RECORD_LIMITS.spanIdUnits, at, end);
      case NAMESPACE:
        return this.#text(this.namespace, NAMESPACE_BYTES, at, end);
      default:
        return this.#metadata(at, end);
    }
  }

  #message(at: number, end: number): number {
    const bytes = this.#bytes;
    if (bytes[at] !== QUOTE) return FAILED;
    const stop = this.message.scan(bytes, at + 1, end, JSON_STRING);
    if (bytes[stop] === BACKSLASH && stop < end) return this.#escaped(at, stop, end);
    if (stop >= end || bytes[stop] !== QUOTE) return FAILED;
    this.messageBytes = bytes;
    // Units are fewer than bytes: near the limit the other reader counts them.
    return stop - at - 1 > RECORD_LIMITS.messageUnits ? FAILED : stop + 1;
  }

  /** A message with escapes: read alone, then scanned as it is meant. */
  #escaped(start: number, firstEscape: number, end: number): number {
    const bytes = this.#bytes;
    let stop = firstEscape;
    while (stop < end && bytes[stop] !== QUOTE) stop += bytes[stop] === BACKSLASH ? 2 : 1;
    if (stop >= end || stop - start > RECORD_LIMITS.messageUnits) return FAILED;
    let text: string;
    try {
      text = cleanText(JSON.parse(bytes.toString("utf8", start, stop + 1)));
    } catch {
      return FAILED;
    }
    if (text.length * 3 > this.#unescaped.length) {
      this.#unescaped = Buffer.allocUnsafe(text.length * 6);
    }
    const length = this.#unescaped.write(text);
    this.message.scan(this.#unescaped, 0, length, PLAIN);
    this.messageBytes = this.#unescaped;
    return stop + 1;
  }

  #timestamp(at: number, end: number): number {
    const bytes = this.#bytes;
    if (bytes[at] !== QUOTE) return this.#epoch(at, end);
    let stop = at + 1;
    while (stop < end && (bytes[stop] ?? 0) >= 0x20 && bytes[stop] !== QUOTE) stop += 1;
    if (bytes[stop] !== QUOTE || stop >= end || stop - at > LONGEST_TIME) return FAILED;
    if (this.time.read(bytes, at + 1, stop)) {
      this.ms = this.time.ms;
      this.nanos = this.time.nanos;
      this.digits = this.time.digits;
      return stop + 1;
    }
    return this.#instant(bytes.toString("latin1", at + 1, stop)) ? stop + 1 : FAILED;
  }

  /** A whole number of seconds to microseconds; JSON has no other that is exact. */
  #epoch(at: number, end: number): number {
    const bytes = this.#bytes;
    let stop = at;
    while (stop < end && isDigit(bytes[stop] ?? 0)) stop += 1;
    const digits = stop - at;
    if (digits < 1 || digits > 15 || (digits > 1 && bytes[at] === 0x30)) return FAILED;
    if (!isAfterNumber(bytes[stop] ?? 0)) return FAILED;
    return this.#instant(Number(bytes.toString("latin1", at, stop))) ? stop : FAILED;
  }

  #instant(value: string | number): boolean {
    const instant = readInstant(value);
    if (typeof instant === "string") return false;
    this.ms = instant.ms;
    this.nanos = instant.nanos;
    this.digits = instant.digits;
    return true;
  }

  #level(at: number, end: number): number {
    const bytes = this.#bytes;
    if (bytes[at] === QUOTE) {
      const stop = this.#string(at, end);
      if (stop === FAILED || stop - at > LONGEST_LEVEL) return FAILED;
      this.level = this.#knownLevel(at + 1, stop - 1);
      if (this.level < 0) return FAILED;
      return stop;
    }
    let stop = at;
    while (stop < end && isDigit(bytes[stop] ?? 0)) stop += 1;
    if (stop === at || stop - at > 2 || (stop - at > 1 && bytes[at] === 0x30)) return FAILED;
    if (!isAfterNumber(bytes[stop] ?? 0)) return FAILED;
    this.level = levelIndex(Number(bytes.toString("latin1", at, stop)));
    return this.level < 0 ? FAILED : stop;
  }

  #knownLevel(start: number, end: number): number {
    const bytes = this.#bytes;
    for (const known of this.#levels) {
      if (known.end - known.start !== end - start) continue;
      let at = start;
      while (at < end && bytes[at] === bytes[known.start + at - start]) at += 1;
      if (at === end) return known.index;
    }
    const index = levelIndex(bytes.toString("latin1", start, end));
    if (this.#levels.length < LEVELS_KEPT) this.#levels.push({ start, end, index });
    return index;
  }

  #text(into: Span, limit: number, at: number, end: number): number {
    if (this.#bytes[at] !== QUOTE) return FAILED;
    const stop = this.#string(at, end);
    if (stop === FAILED || stop - at - 2 > limit) return FAILED;
    into.start = at + 1;
    into.end = stop - 1;
    into.hash = this.#hash;
    return stop;
  }

  #metadata(at: number, end: number): number {
    const stop = this.metadata.scan(this.#bytes, at, end, false);
    // It knows no end but the body's: what closes beyond the record is no part of it.
    if (stop === FAILED || stop > end || stop - at > RECORD_LIMITS.metadataUnits) return FAILED;
    this.metadataBytes = stop - at;
    return stop;
  }

  /** A string without escapes, hashed on the way. @returns After its closing quote. */
  #string(at: number, end: number): number {
    const bytes = this.#bytes;
    let hash = FNV_BASIS;
    for (let next = at + 1; next < end; next += 1) {
      const byte = bytes[next] ?? 0;
      if (byte === QUOTE) {
        this.#hash = hash;
        return next + 1;
      }
      if (byte < 0x20 || byte === BACKSLASH) return FAILED;
      hash = Math.imul(hash ^ byte, FNV_PRIME);
    }
    return FAILED;
  }
}

/** A DNS label. */
const NAMESPACE_BYTES = 63;
const LONGEST_TIME = 64;
const LONGEST_LEVEL = 18;
const LEVELS_KEPT = 8;

function byLength(fields: Readonly<Record<string, number>>) {
  const names: { bytes: Buffer; field: number }[][] = [];
  for (const [name, field] of Object.entries(fields)) {
    (names[name.length] ??= []).push({ bytes: Buffer.from(name), field });
  }
  return names;
}

function clear(span: Span): void {
  span.start = 0;
  span.end = 0;
  span.hash = FNV_BASIS;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** What may follow a whole number: not its fraction or exponent. */
function isAfterNumber(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || byte === 0x20 || byte === 0x0a || byte === 0x0d;
}

/** Past JSON's white space. */
function skip(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
    at += 1;
  }
  return at;
}
