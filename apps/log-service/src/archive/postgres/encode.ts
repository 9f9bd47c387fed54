import { RECORD_LIMITS } from "../../limits.ts";
import { LEVELS } from "../../record/level.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { POSTGRES_LIMITS } from "../limits.ts";
import { PoisonError } from "./failure.ts";
import { lexemesOf } from "./words.ts";

/** One row, ready for COPY. */
export interface CopyRow {
  readonly id: string;
  readonly record: PreparedRecord;
  readonly apart: boolean;
}

export const COPY_ROWS =
  "COPY neurallog.logs (created_ns, created_at, received_at, level, digits, apart, id, namespace, " +
  "component, trace_id, span_id, message, tags, data, words) FROM STDIN (FORMAT binary)";

const FIELDS = 15;
/** PostgreSQL counts microseconds from 2000 on. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
const LEVEL_BYTES = LEVELS.map((level) => Buffer.from(level));
const NULL = -1;
/** What a usual row takes with its words, and room for a chunk of them: small batches take little. */
const ROW_BYTES = 1_024;
const ROWS_OF_A_CHUNK = (POSTGRES_LIMITS.chunkBytes * 2) / ROW_BYTES;
/** Of a row beside its texts: numbers, times and lengths. */
const FIXED_BYTES = 256;

/**
 * Rows in COPY's binary format, in chunks of about `chunkBytes`: half the work that text is for the
 * server, which parses neither times nor numbers nor escapes.
 * @see https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.55.9.4
 */
export function* encodeRows(rows: readonly CopyRow[], withWords: boolean): Generator<Buffer> {
  const writer = new RowWriter(Math.min(rows.length, ROWS_OF_A_CHUNK) * ROW_BYTES);
  writer.header();
  for (const row of rows) {
    writer.row(row, withWords);
    if (writer.length >= POSTGRES_LIMITS.chunkBytes) yield writer.take();
  }
  writer.trailer();
  yield writer.take();
}

class RowWriter {
  readonly #room: number;
  #bytes = Buffer.alloc(0);
  length = 0;

  /** @param room Bytes that are made room for at once. */
  constructor(room: number) {
    this.#room = room + FIXED_BYTES;
  }

  header(): void {
    this.#reserve(FIXED_BYTES);
    this.length += this.#bytes.write("PGCOPY\n\xff\r\n\0", "latin1");
    this.#int32(0);
    this.#int32(0);
  }

  trailer(): void {
    this.#reserve(2);
    this.#int16(-1);
  }

  take(): Buffer {
    const bytes = this.#bytes.subarray(0, this.length);
    this.#bytes = Buffer.alloc(0);
    this.length = 0;
    return bytes;
  }

  /** @throws PoisonError for numbers that no column takes. */
  row({ id, record, apart }: CopyRow, withWords: boolean): void {
    const { ms, nanos, received, digits } = record;
    const level = LEVEL_BYTES[record.level];
    if (level === undefined) throw new PoisonError(`there is no level ${record.level}`);
    if (!isTime(ms) || !isTime(received) || !(nanos >= 0 && nanos < 1_000_000)) {
      throw new PoisonError("the time is out of range");
    }
    if (!(digits >= 0 && digits <= 9)) throw new PoisonError("the digits are out of range");
    this.#reserve(FIXED_BYTES);
    this.#int16(FIELDS);
    this.#int32(8);
    this.length = this.#bytes.writeBigInt64BE(BigInt(ms) * 1_000_000n + BigInt(nanos), this.length);
    this.#time(ms, Math.floor(nanos / 1_000));
    this.#time(received, 0);
    this.#int32(level.length);
    this.length += level.copy(this.#bytes, this.length);
    this.#int32(2);
    this.#int16(digits);
    this.#int32(1);
    this.#bytes[this.length++] = apart ? 1 : 0;
    this.#text(id);
    this.#text(record.namespace);
    this.#optional(record.source);
    this.#optional(record.traceId);
    this.#optional(record.spanId);
    this.#text(record.message);
    this.#json(record.tags);
    this.#json(record.metadata);
    if (withWords) this.#words(record.message);
    else this.#null();
  }

  #time(ms: number, micros: number): void {
    // Two halves, as a double does not hold microseconds of all years; floor, as years before 2000 are negative.
    const total = (ms - EPOCH_MS) * 1_000 + micros;
    this.#int32(8);
    const high = Math.floor(total / 2 ** 32);
    this.#int32(high);
    this.length = this.#bytes.writeUInt32BE(total - high * 2 ** 32, this.length);
  }

  #optional(text: string): void {
    if (text === "") this.#null();
    else this.#text(text);
  }

  #json(text: string): void {
    if (text === "") {
      this.#null();
      return;
    }
    this.#reserve(5 + text.length * 3);
    const at = this.length;
    this.length += 4;
    // The version of jsonb's own format: JSON text follows.
    this.#bytes[this.length++] = 1;
    this.length += this.#bytes.write(text, this.length);
    this.#bytes.writeInt32BE(this.length - at - 4, at);
  }

  #text(text: string): void {
    this.#reserve(4 + text.length * 3);
    const written = this.#bytes.write(text, this.length + 4);
    this.#int32(written);
    this.length += written;
  }

  #words(message: string): void {
    const lexemes = lexemesOf(message);
    if (lexemes === undefined) {
      this.#null();
      return;
    }
    this.#reserve(8 + message.length * 6);
    const at = this.length;
    this.length += 4;
    this.#int32(lexemes.size);
    for (const lexeme of lexemes) {
      this.#reserve(3 + lexeme.length * 3);
      this.length += this.#bytes.write(lexeme, this.length);
      // The end of the text, and no places of the word in the message.
      this.#bytes[this.length++] = 0;
      this.#bytes[this.length++] = 0;
      this.#bytes[this.length++] = 0;
    }
    this.#bytes.writeInt32BE(this.length - at - 4, at);
  }

  #null(): void {
    this.#reserve(4);
    this.#int32(NULL);
  }

  #int32(value: number): void {
    this.length = this.#bytes.writeInt32BE(value, this.length);
  }

  #int16(value: number): void {
    this.length = this.#bytes.writeInt16BE(value, this.length);
  }

  #reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2, this.#room));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }
}

/** What fits a signed 64-bit number in nanoseconds since 1970, and so 1677 to 2262. */
function isTime(ms: number): boolean {
  return Number.isSafeInteger(ms) && Math.abs(ms) <= RECORD_LIMITS.latestMs;
}
