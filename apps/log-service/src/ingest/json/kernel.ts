import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

import type { RawBlock } from "../../block/builder.ts";
import { ByteReader } from "../../block/bytes.ts";
import { rawBytesOf, type RawSection } from "../../block/frames.ts";
import { ShapeColumns } from "../../block/shape-columns.ts";
import { BLOCK_LIMITS, INGEST_LIMITS, RECORD_LIMITS } from "../../limits.ts";
import { LEVEL_OF_SILENCE, LEVELS, levelIndex } from "../../record/level.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { cleanText } from "../../record/text.ts";
import { readInstant } from "../../record/time.ts";

/** What `apps/log-service/kernel` exports; numbers are 32 bits without a sign. */
interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  setUp(seed: number, silentLevel: number): void;
  limit(...limits: number[]): void;
  limitTexts(...limits: number[]): void;
  mailbox(which: number): number;
  layOut(bodyBytes: number, records: number, rows: number, copied: number): number;
  bodyAt(): number;
  placesAt(): number;
  todoAt(): number;
  othersAt(): number;
  otherRecords(): number;
  rowPlacesAt(): number;
  rowCount(): number;
  beginPass(): void;
  doAll(records: number): void;
  open(withTokens: boolean): void;
  read(first: number, last: number, received: number, name: number, isDefault: boolean): number;
  stoppedAt(): number;
  roomAt(): number;
  isFull(bytes: number): number;
  addRecord(place: number, ...fields: number[]): void;
  finish(): number;
}

/** The part of the platform that we use; its types come with browsers' libraries alone. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, (...args: number[]) => number>>>>,
  ) => { readonly exports: object };
};

/** Why reading stopped before the last record. */
export const ALL_READ = 0;
export const UNREADABLE = 1;
export const FULL = 2;

const SHAPE_MAILBOX = 0;
const INSTANT_MAILBOX = 1;
const REPORT_MAILBOX = 2;
const MINUTES_MAILBOX = 3;
const NAME_MAILBOX = 4;

const SECTIONS = 6;
const TRACE_FILTER = 6;
const TOKEN_FILTER = 7;
const SOURCES = 8;
const MINUTE_NUMBERS = 1 + LEVELS.length;

/**
 * Texts of one block that do not lie in the body as they are meant: room for any one record. Only
 * numbers in metadata are longer than they came: `1e20` has 21 digits.
 */
const COPIED_BYTES = 3 * (RECORD_LIMITS.messageUnits + RECORD_LIMITS.metadataUnits) + 512 * 1024;
const GROWTH_BYTES = 3 * RECORD_LIMITS.metadataUnits;

/** A kernel that held a larger body is not kept: its memory stays as large as it was. */
const KEPT_BODY = 4 * 1024 * 1024;

/** A record of the body that names another namespace than the block's. */
export interface OtherRecord {
  readonly index: number;
  /** "" for none that could be read. */
  readonly namespace: string;
}

let compiled: object | undefined;
let kept: ColumnKernel | undefined;

/** A kernel for one body; to be given back. It is loaded when the first large body comes. */
export function takeKernel(): ColumnKernel {
  const kernel = kept ?? new ColumnKernel();
  kept = undefined;
  return kernel;
}

export function giveBack(kernel: ColumnKernel): void {
  if (kernel.largest <= KEPT_BODY) kept = kernel;
}

/** Reads a body's records into columns, in WebAssembly: twice as fast as the same in JavaScript. */
export class ColumnKernel {
  readonly #kernel: KernelExports;
  #bytes: Buffer;
  #shapes = new ShapeColumns();
  #isOpen = false;
  /** Bytes of the largest body so far. */
  largest = 0;

  constructor() {
    compiled ??= compile();
    const { exports } = new WebAssembly.Instance(compiled, { host: this.#host() });
    if (!isKernel(exports)) throw new TypeError("the kernel has other exports");
    this.#kernel = exports;
    this.#bytes = Buffer.from(exports.memory.buffer);
    exports.setUp(Math.trunc(Math.random() * 0x7fffffff), LEVEL_OF_SILENCE);
    exports.limit(
      INGEST_LIMITS.recordBytes,
      BLOCK_LIMITS.units,
      BLOCK_LIMITS.minutes,
      RECORD_LIMITS.depth,
      BLOCK_LIMITS.shapeBytes,
      BLOCK_LIMITS.shapes,
      BLOCK_LIMITS.metadataColumns,
    );
    exports.limitTexts(
      RECORD_LIMITS.messageUnits,
      RECORD_LIMITS.metadataUnits,
      RECORD_LIMITS.sourceUnits,
      RECORD_LIMITS.traceIdUnits,
      RECORD_LIMITS.spanIdUnits,
    );
  }

  /** Rows of the block that is open. */
  get rows(): number {
    return this.#isOpen ? this.#kernel.rowCount() : 0;
  }

  /**
   * Takes a body.
   * @param places Start and end of each record in turn.
   * @param capacity Rows of one block at most.
   */
  load(body: Uint8Array, places: readonly number[], capacity: number): void {
    const kernel = this.#kernel;
    const records = places.length / 2;
    this.largest = Math.max(this.largest, body.length);
    const copied = Math.min(body.length + GROWTH_BYTES, COPIED_BYTES);
    if (kernel.layOut(body.length, records, capacity, copied) === 0) {
      throw new RangeError("there is no memory for the body's columns");
    }
    this.#isOpen = false;
    this.#bytes = Buffer.from(kernel.memory.buffer);
    this.#bytes.set(body, kernel.bodyAt());
    this.#words(kernel.placesAt(), places.length).set(places);
  }

  /**
   * Begins to read those records that are of a namespace.
   * @param records Indexes in the body, or how many there are for all.
   */
  beginPass(namespace: string, records: readonly number[] | number): void {
    if (typeof records === "number") this.#kernel.doAll(records);
    else this.#words(this.#kernel.todoAt(), records.length).set(records);
    this.#bytes.write(namespace, this.#kernel.mailbox(NAME_MAILBOX), "latin1");
    this.#kernel.beginPass();
  }

  /**
   * Reads from the first to before the last of the pass's records into the open block.
   * @returns Why it stopped, and at which of them.
   */
  read(
    first: number,
    last: number,
    received: number,
    namespace: string,
    isDefault: boolean,
  ): { readonly why: number; readonly at: number } {
    this.#open();
    const why = this.#kernel.read(first, last, received, namespace.length, isDefault);
    return { why, at: this.#kernel.stoppedAt() };
  }

  /**
   * Adds a record that was read in another way.
   * @param index In the body.
   * @returns False if the block is too full for it.
   */
  add(index: number, record: PreparedRecord): boolean {
    this.#open();
    const kernel = this.#kernel;
    if (kernel.isFull(bytesOf(record)) !== 0) return false;
    let at = kernel.roomAt();
    const put = (text: string): number => {
      const length = text === "" ? 0 : this.#bytes.write(text, at);
      at += length;
      return length;
    };
    const source = put(record.source);
    const trace = put(record.traceId);
    const span = put(record.spanId);
    const tags = put(record.tags);
    const metadata = put(record.metadata);
    const message = put(record.message);
    const { ms, nanos, digits, received, level } = record;
    const lengths = [source, trace, span, tags, metadata, message];
    kernel.addRecord(index, ms, nanos, digits, received, level, ...lengths);
    return true;
  }

  /** Those of the pass so far that name another namespace. */
  others(): OtherRecord[] {
    const kernel = this.#kernel;
    const count = kernel.otherRecords();
    const numbers = this.#words(kernel.othersAt(), count * 3);
    return Array.from({ length: count }, (_, other) => {
      const start = kernel.bodyAt() + (numbers[other * 3 + 1] ?? 0);
      const length = numbers[other * 3 + 2] ?? 0;
      const namespace = this.#bytes.toString("latin1", start, start + length);
      return { index: numbers[other * 3] ?? 0, namespace };
    });
  }

  /** Ends the block; there must be rows. @returns It, and each row's index in the body. */
  finish(): { readonly block: RawBlock; readonly places: readonly number[] } {
    const kernel = this.#kernel;
    const at = kernel.finish();
    const rows = kernel.rowCount();
    const report = kernel.mailbox(REPORT_MAILBOX);
    const word = (index: number): number => this.#bytes.readUInt32LE(report + index * 4);
    const instant = (index: number): number => this.#bytes.readDoubleLE(report + 128 + index * 8);
    const end = (part: number): number => word(16 + part);
    // A copy: the memory is used again while the block is compressed.
    const bytes = Buffer.from(this.#bytes.subarray(at, at + end(SOURCES)));
    const part = (index: number): Buffer =>
      bytes.subarray(index === 0 ? 0 : end(index - 1), end(index));
    const sections: RawSection[] = Array.from({ length: SECTIONS }, (_, index) => ({
      bytes: part(index),
      staysRaw: index === 1 && word(8) === 1,
    }));
    const places = Array.from(this.#words(kernel.rowPlacesAt(), rows));
    this.#isOpen = false;
    const tokenFilter = rows > 0 ? part(TOKEN_FILTER) : undefined;
    return {
      places,
      block: {
        summary: {
          records: rows,
          rawBytes: rawBytesOf(sections, rows >= BLOCK_LIMITS.partedRecords),
          first: { ms: instant(0), nanos: word(10) },
          last: { ms: instant(1), nanos: word(11) },
          receivedFirst: instant(2),
          receivedLast: instant(3),
          levels: LEVELS.map((_, level) => word(level)),
          ...readSources(part(SOURCES)),
          minutes: this.#minutes(word(9)),
          runs: undefined,
          traceFilter: part(TRACE_FILTER),
        },
        sections,
        tokenFilter,
      },
    };
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#shapes = new ShapeColumns();
    this.#kernel.open(true);
    this.#isOpen = true;
  }

  /** A view of the memory; not to be kept. */
  #words(at: number, count: number): Uint32Array {
    return new Uint32Array(this.#bytes.buffer, at, count);
  }

  #minutes(count: number): RawBlock["summary"]["minutes"] {
    if (count === 0) return undefined;
    const numbers = this.#words(this.#kernel.mailbox(MINUTES_MAILBOX), count * MINUTE_NUMBERS);
    return Array.from({ length: count }, (_, index) => {
      const [minute = 0, ...levels] = numbers.subarray(
        index * MINUTE_NUMBERS,
        (index + 1) * MINUTE_NUMBERS,
      );
      return { minute, levels };
    }).sort((a, b) => a.minute - b.minute);
  }

  /** What the kernel asks for where a text must be understood. */
  #host() {
    return {
      openShape: (at = 0, length = 0): number => {
        const columns = this.#shapes.open(this.#bytes.subarray(at, at + length));
        if (columns === undefined) return -1;
        const mailbox = this.#kernel.mailbox(SHAPE_MAILBOX);
        new Uint16Array(this.#bytes.buffer, mailbox, columns.length).set(columns);
        return columns.length;
      },
      levelOf: (at = 0, length = 0, isNumber = 0): number => {
        const text = this.#bytes.toString("latin1", at, at + length);
        return levelIndex(isNumber === 0 ? text : Number(text));
      },
      readInstant: (at = 0, length = 0, isNumber = 0): number => {
        const text = this.#bytes.toString("latin1", at, at + length);
        const instant = readInstant(isNumber === 0 ? text : Number(text));
        if (typeof instant === "string") return 0;
        const mailbox = this.#kernel.mailbox(INSTANT_MAILBOX);
        this.#bytes.writeDoubleLE(instant.ms, mailbox);
        this.#bytes.writeUInt32LE(instant.nanos, mailbox + 8);
        this.#bytes.writeUInt32LE(instant.digits, mailbox + 12);
        return 1;
      },
      unescape: (at = 0, length = 0, to = 0): number => {
        try {
          const text: unknown = JSON.parse(this.#bytes.toString("utf8", at, at + length));
          return typeof text === "string" ? this.#bytes.write(cleanText(text), to) : -1;
        } catch {
          return -1;
        }
      },
    };
  }
}

/**
 * V8 begins to mark its heap when less of the heap's limit is left than the young generation may
 * hold. Of a heap as small as ours that is always so: under bodies, which are memory outside of it,
 * it marked without a pause, at a third of what ingest costs. Now it begins near the limit.
 */
function compile(): object {
  setFlagsFromString("--incremental-marking-soft-trigger=98");
  setFlagsFromString("--incremental-marking-hard-trigger=99");
  return new WebAssembly.Module(
    readFileSync(new URL("../../block/generated/columns.wasm", import.meta.url)),
  );
}

/** Records of each source; "" is not counted. */
function readSources(bytes: Uint8Array): Pick<RawBlock["summary"], "sources" | "sourcesComplete"> {
  const input = new ByteReader(bytes);
  const sources = new Map<string, number>();
  let sourcesComplete = true;
  for (let left = input.varint(); left > 0; left -= 1) {
    const name = Buffer.from(input.sized()).toString();
    const count = input.varint();
    if (name === "") continue;
    const before = sources.get(name);
    if (before === undefined && sources.size === BLOCK_LIMITS.sources) sourcesComplete = false;
    else sources.set(name, (before ?? 0) + count);
  }
  return { sources, sourcesComplete };
}

function bytesOf({ source, traceId, spanId, tags, metadata, message }: PreparedRecord): number {
  const texts = [source, traceId, spanId, tags, metadata, message];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function isKernel(exports: object): exports is KernelExports {
  return "memory" in exports && "finish" in exports;
}
