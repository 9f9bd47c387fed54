import { RECORD_LIMITS } from "../limits.ts";
import { LEVELS } from "../record/level.ts";
import type { JsonValue, PreparedRecord } from "../record/record.ts";
import { ByteReader, DamagedBlockError, readNumbers } from "./bytes.ts";
import { Body } from "./frames.ts";
import type { BlockSummary } from "./header.ts";
import { IdReader } from "./id-reader.ts";
import { MessageReader } from "./message-reader.ts";
import { MetadataReader } from "./metadata-reader.ts";
import type { Members } from "./members.ts";
import type { RowMask, TextPattern } from "./pattern.ts";

/** A block's message templates: what varies is shown as `<*>`. */
export interface Templates {
  readonly texts: readonly string[];
  /** For each row the index of its template. */
  readonly ids: Uint32Array;
}

interface Columns {
  readonly time: Uint8Array;
  readonly precision: Uint8Array;
  readonly received: Uint8Array;
  readonly levels: Uint8Array;
  readonly sourceNames: readonly string[];
  readonly source: Uint8Array;
  readonly trace: { readonly form: number; readonly rows: Uint8Array };
  readonly span: { readonly form: number; readonly rows: Uint8Array };
}

const LONGEST_SOURCE = RECORD_LIMITS.sourceUnits;

/**
 * A block's records by column. A section is decompressed, and a column decoded and checked, when it
 * is first asked for: most blocks that a search reads hold nothing of what it looks for. Any getter
 * or method may throw a DamagedBlockError.
 */
export class BlockRows {
  readonly namespace: string;
  readonly count: number;
  readonly #summary: BlockSummary;
  readonly #body: Body;
  #columns: Columns | undefined;
  #ms: Float64Array | undefined;
  #precision: Uint32Array | undefined;
  #received: Float64Array | undefined;
  #sourceIndexes: Uint32Array | undefined;
  #messages: MessageReader | undefined;
  #metadata: MetadataReader | undefined;
  #traces: IdReader | undefined;
  #spans: IdReader | undefined;
  #tags: readonly string[] | undefined;

  /** @throws DamagedBlockError if the bytes are not a body of the size that the header says. */
  constructor(namespace: string, summary: BlockSummary, body: Uint8Array) {
    this.namespace = namespace;
    this.count = summary.records;
    this.#summary = summary;
    this.#body = new Body(body, summary.rawBytes);
  }

  /** Timestamps, milliseconds since the epoch. */
  get ms(): Float64Array {
    this.#ms ??= readDeltas(this.#fixed.time, this.count, this.#summary.first.ms);
    return this.#ms;
  }

  /** Nanoseconds below the millisecond, 0 to 999,999. */
  nanos(row: number): number {
    return Math.floor((this.#precisions[row] ?? 0) / 10);
  }

  /** Index in LEVELS. */
  get levels(): Uint8Array {
    return this.#fixed.levels;
  }

  /** The block's distinct sources; "" stands for none. */
  get sourceNames(): readonly string[] {
    return this.#fixed.sourceNames;
  }

  /** For each row its index in `sourceNames`. */
  get sourceIndexes(): Uint32Array {
    const { source, sourceNames } = this.#fixed;
    this.#sourceIndexes ??= readNumbers(source, this.count, sourceNames.length - 1);
    return this.#sourceIndexes;
  }

  source(row: number): string {
    return this.sourceNames[this.sourceIndexes[row] ?? 0] ?? "";
  }

  /** Milliseconds since the epoch. */
  received(row: number): number {
    this.#received ??= readDeltas(this.#fixed.received, this.count, this.#summary.receivedFirst);
    return this.#received[row] ?? 0;
  }

  trace(row: number): string {
    return this.#traceIds.text(row);
  }

  /** The rows of a trace; the id is compared as it is stored, mostly as sixteen bytes. */
  traceMask(id: string): RowMask {
    return this.#traceIds.mask(id);
  }

  span(row: number): string {
    return this.#spanIds.text(row);
  }

  spanMask(id: string): RowMask {
    return this.#spanIds.mask(id);
  }

  /** JSON text, or "". */
  tags(row: number): string {
    return this.#tagTexts[row] ?? "";
  }

  /** JSON text, or "". */
  metadata(row: number): string {
    return this.#objects.text(row);
  }

  message(row: number): string {
    return this.#texts.message(row);
  }

  /** The rows whose message has the pattern. */
  messageMask(pattern: TextPattern): RowMask {
    return this.#texts.mask(pattern);
  }

  get templates(): Templates {
    return { texts: this.#texts.templateTexts(), ids: this.#texts.ids() };
  }

  /** Templates as they are looked through: one character a byte, lower case, a variable as one of three. */
  get plainTemplates(): Templates {
    return { texts: this.#texts.plainTemplates(), ids: this.#texts.ids() };
  }

  /**
   * Visits each value at a dotted metadata path (`reachValues`), rows in order. A row may have
   * several values or none.
   */
  eachValue(path: string, visit: (row: number, value: JsonValue) => void): void {
    this.#objects.eachValue(path, visit);
  }

  /** What the rows have at a key of their metadata, each distinct value once. */
  membersAt(key: string): Members {
    return this.#objects.membersAt(key);
  }

  /**
   * Visits the values whose keys are wanted, rows in order and a row's values in theirs. Objects that
   * have no columns of their own are given whole, to `whole`.
   * @param wanted Asked once for each way that leads to values. Keys from the outermost on.
   */
  eachLeaf(
    wanted: (keys: readonly string[]) => boolean,
    visit: (row: number, value: JsonValue) => void,
    whole: (row: number, object: JsonValue) => void,
  ): void {
    this.#objects.eachLeaf(wanted, visit, whole);
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

  get #fixed(): Columns {
    this.#columns ??= readFixed(this.#body.section("rows"), this.count);
    return this.#columns;
  }

  get #precisions(): Uint32Array {
    this.#precision ??= readNumbers(this.#fixed.precision, this.count, 999_999 * 10 + 9);
    return this.#precision;
  }

  get #texts(): MessageReader {
    this.#messages ??= new MessageReader({
      count: this.count,
      messages: () => this.#body.section("messages"),
      numbers: () => this.#body.section("numbers"),
    });
    return this.#messages;
  }

  get #objects(): MetadataReader {
    this.#metadata ??= new MetadataReader(this.#body.section("metadata"), this.count);
    return this.#metadata;
  }

  get #traceIds(): IdReader {
    const parts = { count: this.count, ...this.#fixed.trace, hexDigits: 32 };
    this.#traces ??= new IdReader({ ...parts, ids: () => this.#idBytes()[0] });
    return this.#traces;
  }

  get #spanIds(): IdReader {
    const parts = { count: this.count, ...this.#fixed.span, hexDigits: 16 };
    this.#spans ??= new IdReader({ ...parts, ids: () => this.#idBytes()[1] });
    return this.#spans;
  }

  #idBytes(): readonly [Uint8Array, Uint8Array] {
    const input = new ByteReader(this.#body.section("ids"));
    const both = [input.sized(), input.sized()] as const;
    if (!input.ended) throw new DamagedBlockError("bytes follow the ids");
    return both;
  }

  get #tagTexts(): readonly string[] {
    if (this.#tags !== undefined) return this.#tags;
    const bytes = this.#body.section("tags");
    const texts = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString().split("\0");
    if (bytes.length > 0 && (texts.pop() !== "" || texts.length !== this.count)) {
      throw new DamagedBlockError("the tags are not one text for each record");
    }
    this.#tags = texts;
    return texts;
  }
}

function readFixed(bytes: Uint8Array, count: number): Columns {
  const input = new ByteReader(bytes);
  const time = input.sized();
  const precision = input.sized();
  const received = input.sized();
  const levels = input.bytes(count);
  if (levels.some((level) => level >= LEVELS.length)) {
    throw new DamagedBlockError("a level is not known");
  }
  const sources = input.varint();
  if (sources > count || sources === 0) throw new DamagedBlockError(`${sources} sources`);
  const sourceNames = Array.from({ length: sources }, () => {
    const name = Buffer.from(input.sized()).toString();
    if (name.length > LONGEST_SOURCE) throw new DamagedBlockError("a source is too long");
    return name;
  });
  const columns = {
    time,
    precision,
    received,
    levels,
    sourceNames,
    source: input.sized(),
    trace: { form: input.byte(), rows: input.sized() },
    span: { form: input.byte(), rows: input.sized() },
  };
  if (!input.ended) throw new DamagedBlockError("bytes follow the columns");
  return columns;
}

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
