import { RECORD_LIMITS } from "../limits.ts";
import { LEVELS } from "../record/level.ts";
import { readMetadataObject } from "../record/present.ts";
import type { JsonValue, PreparedRecord } from "../record/record.ts";
import { ByteReader, DamagedBlockError } from "./bytes.ts";
import type { BlockSummary } from "./header.ts";
import { reachValues } from "./path.ts";
import { hasPattern, type RowMask, type TextPattern } from "./pattern.ts";
import { asciiLower } from "./tokens.ts";

/** A block's message templates: what varies is shown as `<*>`. */
export interface Templates {
  readonly texts: readonly string[];
  /** For each row the index of its template. */
  readonly ids: Uint32Array;
}

type NumberColumn = "time" | "precision" | "received" | "level" | "source";
type TextColumn = "sources" | "trace" | "span" | "tags" | "metadata" | "message";

/**
 * A block's records by column. A column is decoded, and checked, when it is first asked for: most
 * blocks that a search reads hold nothing of what it looks for. Any getter or method may throw a
 * DamagedBlockError.
 */
export class BlockRows {
  readonly namespace: string;
  readonly count: number;
  readonly #summary: BlockSummary;
  readonly #bytes: Readonly<Record<NumberColumn | TextColumn, Uint8Array>>;
  readonly #joined = new Map<TextColumn, string>();
  readonly #texts = new Map<TextColumn, readonly string[]>();
  #ms: Float64Array | undefined;
  #precision: Uint32Array | undefined;
  #received: Float64Array | undefined;
  #levels: Uint8Array | undefined;
  #sourceIndexes: Uint32Array | undefined;
  #lower: string | undefined;

  /**
   * @param raw The decompressed body.
   * @throws DamagedBlockError if it is not made of columns.
   */
  constructor(namespace: string, summary: BlockSummary, raw: Uint8Array) {
    const input = new ByteReader(raw);
    this.namespace = namespace;
    this.count = summary.records;
    this.#summary = summary;
    this.#bytes = {
      time: input.sized(),
      precision: input.sized(),
      received: input.sized(),
      level: input.sized(),
      source: input.sized(),
      sources: input.sized(),
      trace: input.sized(),
      span: input.sized(),
      tags: input.sized(),
      metadata: input.sized(),
      message: input.sized(),
    };
    if (!input.ended) throw new DamagedBlockError("bytes follow the last column");
  }

  /** Timestamps, milliseconds since the epoch. */
  get ms(): Float64Array {
    this.#ms ??= readDeltas(this.#bytes.time, this.count, this.#summary.first.ms);
    return this.#ms;
  }

  /** Nanoseconds below the millisecond, 0 to 999,999. */
  nanos(row: number): number {
    return Math.floor((this.#precisions[row] ?? 0) / 10);
  }

  /** Index in LEVELS. */
  get levels(): Uint8Array {
    if (this.#levels === undefined) {
      const levels = this.#bytes.level;
      if (levels.length !== this.count || levels.some((level) => level >= LEVELS.length)) {
        throw new DamagedBlockError("the levels are not one for each record");
      }
      this.#levels = levels;
    }
    return this.#levels;
  }

  /** All messages in lower case, separated by NUL: tells at once whether a phrase occurs at all. */
  get lowerMessages(): string {
    this.#lower ??= this.#join("message").toLowerCase();
    return this.#lower;
  }

  /** The metadata of all records, separated by NUL: tells at once whether a value can occur. */
  get allMetadata(): string {
    return this.#join("metadata");
  }

  /** The block's distinct sources; "" stands for none. */
  get sourceNames(): readonly string[] {
    return this.#split("sources");
  }

  /** For each row its index in `sourceNames`. */
  get sourceIndexes(): Uint32Array {
    this.#sourceIndexes ??= readNumbers(this.#bytes.source, this.count, this.count);
    return this.#sourceIndexes;
  }

  source(row: number): string {
    const name = this.sourceNames[this.sourceIndexes[row] ?? 0];
    if (name === undefined) throw new DamagedBlockError("a record's source is missing");
    return name;
  }

  /** Milliseconds since the epoch. */
  received(row: number): number {
    this.#received ??= readDeltas(this.#bytes.received, this.count, this.#summary.receivedFirst);
    return this.#received[row] ?? 0;
  }

  span(row: number): string {
    return this.#text("span", row);
  }

  /** The rows whose message has the pattern. */
  messageMask(pattern: TextPattern): RowMask {
    const mask = new Uint8Array(this.count);
    for (let row = 0; row < this.count; row += 1) {
      if (hasPattern(asciiLower(this.message(row)), pattern)) mask[row] = 1;
    }
    return mask;
  }

  get templates(): Templates {
    const known = new Map<string, number>();
    const ids = new Uint32Array(this.count);
    for (let row = 0; row < this.count; row += 1) {
      const text = this.message(row).replace(VARIABLE, "<*>");
      const id = known.get(text) ?? known.size;
      known.set(text, id);
      ids[row] = id;
    }
    return { texts: [...known.keys()], ids };
  }

  /**
   * Visits each value at a dotted metadata path (`reachValues`), rows in order. A row may have
   * several values or none.
   */
  eachValue(path: string, visit: (row: number, value: JsonValue) => void): void {
    const steps = path.split(".");
    for (let row = 0; row < this.count; row += 1) {
      const text = this.metadata(row);
      if (text !== "") reachValues(readMetadataObject(text), steps, (value) => visit(row, value));
    }
  }

  trace(row: number): string {
    return this.#text("trace", row);
  }

  /** JSON text, or "". */
  tags(row: number): string {
    return this.#text("tags", row);
  }

  /** JSON text, or "". */
  metadata(row: number): string {
    return this.#text("metadata", row);
  }

  message(row: number): string {
    return this.#text("message", row);
  }

  record(row: number): PreparedRecord {
    return {
      namespace: this.namespace,
      ms: this.ms[row] ?? 0,
      nanos: this.nanos(row),
      digits: (this.#precisions[row] ?? 0) % 10,
      received: this.received(row),
      level: this.levels[row] ?? 0,
      message: this.message(row),
      source: this.source(row),
      traceId: this.trace(row),
      spanId: this.span(row),
      tags: this.tags(row),
      metadata: this.metadata(row),
    };
  }

  get #precisions(): Uint32Array {
    this.#precision ??= readNumbers(this.#bytes.precision, this.count, 999_999 * 10 + 9);
    return this.#precision;
  }

  #text(column: TextColumn, row: number): string {
    if (this.#bytes[column].length === 0) return "";
    return this.#split(column)[row] ?? "";
  }

  #split(column: TextColumn): readonly string[] {
    const known = this.#texts.get(column);
    if (known !== undefined) return known;
    const texts = this.#join(column).split("\0");
    if (column !== "sources" && texts.length !== this.count) {
      throw new DamagedBlockError(`the column ${column} has not one text for each record`);
    }
    this.#texts.set(column, texts);
    return texts;
  }

  #join(column: TextColumn): string {
    const known = this.#joined.get(column);
    if (known !== undefined) return known;
    const bytes = this.#bytes[column];
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
    this.#joined.set(column, text);
    return text;
  }
}

/** A token that has a digit. */
const VARIABLE = /[A-Za-z_\u0080-\uffff]*[0-9][A-Za-z0-9_\u0080-\uffff]*/g;

function readDeltas(bytes: Uint8Array, count: number, start: number): Float64Array {
  const input = new ByteReader(bytes);
  const values = new Float64Array(count);
  let value = start;
  for (let row = 0; row < count; row += 1) {
    value += input.zigzag();
    if (!(value >= RECORD_LIMITS.earliestMs && value <= RECORD_LIMITS.latestMs)) {
      throw new DamagedBlockError("an instant is out of range");
    }
    values[row] = value;
  }
  if (!input.ended) throw new DamagedBlockError("a column of times is too long");
  return values;
}

function readNumbers(bytes: Uint8Array, count: number, most: number): Uint32Array {
  const input = new ByteReader(bytes);
  const values = new Uint32Array(count);
  for (let row = 0; row < count; row += 1) {
    const value = input.varint();
    if (value > most) throw new DamagedBlockError("a number is too large for its column");
    values[row] = value;
  }
  if (!input.ended) throw new DamagedBlockError("a column of numbers is too long");
  return values;
}
