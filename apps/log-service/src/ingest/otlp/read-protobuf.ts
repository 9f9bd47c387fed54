import type { Reader } from "protobufjs/minimal.js";

import { ServiceError } from "../../errors.ts";
import { INGEST_LIMITS, OTLP_LIMITS } from "../../limits.ts";
import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { BatchBuilder, checkRoom, type Batch } from "../batch.ts";
import { RecordProblem } from "../record-problem.ts";
import { Turn } from "../turn.ts";
import { Groups } from "./groups.ts";
import { loadMessages, type Messages } from "./messages.ts";
import { NO_ORIGIN, readResource, withScope, type Origin } from "./origin.ts";
import { readLogRecord } from "./read-record.ts";

/** `ExportLogsServiceRequest.resource_logs`. */
const RESOURCE_LOGS = 1;
/** `ResourceLogs.resource` and `ScopeLogs.scope`. */
const ABOUT = 1;
/** `ResourceLogs.scope_logs` and `ScopeLogs.log_records`. */
const CONTENT = 2;

const LENGTH_DELIMITED = 2;

/** Where a message stands in the body. */
interface Span {
  readonly start: number;
  readonly length: number;
}

/**
 * An `ExportLogsServiceRequest` in protobuf. Unknown fields are passed over; a record that cannot be
 * taken costs its own place only.
 * @throws ServiceError when the body is not such a request, or has too many records.
 */
export async function readOtlpProtobuf(bytes: Buffer, context: NormalizeContext): Promise<Batch> {
  const reader = new ProtobufReader(await loadMessages(), bytes, context);
  await reader.read();
  return reader.batch;
}

/**
 * Walks the three levels around records by the runtime's reader and has the generated code decode
 * one record after the other: 16 MB decoded as one message would hold the process up for a fifth of
 * a second, and as two million empty messages fill it.
 */
class ProtobufReader {
  readonly batch = new BatchBuilder();
  readonly #messages: Messages;
  readonly #context: NormalizeContext;
  readonly #reader: Reader;
  readonly #length: number;
  readonly #turn = new Turn();
  readonly #groups = new Groups();
  /** Fields that the message which is decoded may still have. */
  #fieldsLeft = 0;

  constructor(messages: Messages, bytes: Buffer, context: NormalizeContext) {
    this.#messages = messages;
    this.#context = context;
    this.#reader = messages.Reader.create(bytes);
    this.#length = bytes.length;
    this.#reader.discardUnknown = true;
    const readTag = this.#reader.tag;
    this.#reader.tag = () => {
      this.#fieldsLeft -= 1;
      if (this.#fieldsLeft < 0) throw new RangeError("too many fields");
      return readTag.call(this.#reader);
    };
  }

  async read(): Promise<void> {
    const { Resource, InstrumentationScope } = this.#messages;
    const whole = { start: 0, length: this.#length };
    await this.#each(whole, RESOURCE_LOGS, async (resourceLogs) => {
      this.#groups.add();
      const resource = await this.#about(resourceLogs, Resource, readResource, NO_ORIGIN);
      await this.#each(resourceLogs, CONTENT, async (scopeLogs) => {
        this.#groups.add();
        const toOrigin = (scope: unknown) => withScope(resource, scope);
        const origin = await this.#about(scopeLogs, InstrumentationScope, toOrigin, resource);
        await this.#each(scopeLogs, CONTENT, (logRecord) => {
          checkRoom(this.batch);
          this.batch.add(this.#logRecord(logRecord, origin));
        });
      });
    });
  }

  /** Takes the messages in one field of a message, one by one and in turns. */
  async #each(
    { start, length }: Span,
    wanted: number,
    take: (span: Span) => void | Promise<void>,
  ): Promise<void> {
    const end = start + length;
    let passedOver = 0;
    for (let at = start; at < end;) {
      const found = this.#field(at, end, wanted);
      at = found.end;
      if (found.span !== undefined) {
        const taken = take(found.span);
        if (taken !== undefined) await taken;
      } else if ((passedOver += 1) % OTLP_LIMITS.passedOver !== 0) continue;
      if (this.#turn.isOver()) await this.#turn.next();
    }
  }

  #field(at: number, end: number, wanted: number): { end: number; span: Span | undefined } {
    const reader = this.#reader;
    this.#fieldsLeft = OTLP_LIMITS.fields;
    try {
      reader.pos = at;
      const tag = reader.tag();
      let span: Span | undefined;
      if (tag >>> 3 === wanted && (tag & 7) === LENGTH_DELIMITED) {
        const length = reader.uint32();
        span = { start: reader.pos, length };
        reader.pos += length;
      } else reader.skipType(tag & 7, 0, tag >>> 3);
      if (reader.pos <= end) return { end: reader.pos, span };
    } catch (error) {
      throw notOtlp("a field is damaged", error);
    }
    throw notOtlp("a field is longer than what holds it");
  }

  /** What a message's first field says of the records in its second; the last one counts. */
  async #about(
    inside: Span,
    message: { decode(reader: Reader, length: number): unknown },
    read: (about: unknown) => Origin,
    fallback: Origin,
  ): Promise<Origin> {
    let last: Span | undefined;
    await this.#each(inside, ABOUT, (span) => void (last = span));
    if (last === undefined) return fallback;
    const decoded = this.#decode(message, last);
    if (decoded === undefined) throw notOtlp("a resource or scope is damaged, or too large");
    try {
      return read(decoded);
    } catch (error) {
      if (error instanceof RecordProblem) throw notOtlp(error.message);
      throw error;
    }
  }

  #logRecord(span: Span, origin: Origin): PreparedRecord | Rejection {
    const decoded = this.#decode(this.#messages.LogRecord, span);
    if (decoded !== undefined) return readLogRecord(decoded, origin, this.#context);
    if (span.length > INGEST_LIMITS.recordBytes || this.#fieldsLeft < 0) {
      const { recordBytes } = INGEST_LIMITS;
      const message = `the record has more than ${recordBytes} bytes or ${OTLP_LIMITS.fields} fields`;
      return { code: "NL_RECORD_TOO_LARGE", message };
    }
    const message = "the record is damaged, nested too deeply, or its text is not UTF-8";
    return { code: "NL_RECORD_NOT_PROTOBUF", message };
  }

  /** Undefined for what the generated code refuses, and for what is too large. */
  #decode(
    message: { decode(reader: Reader, length: number): unknown },
    { start, length }: Span,
  ): unknown {
    if (length > INGEST_LIMITS.recordBytes) return undefined;
    const reader = this.#reader;
    this.#fieldsLeft = OTLP_LIMITS.fields;
    try {
      reader.pos = start;
      return message.decode(reader, length);
    } catch {
      return undefined;
    } finally {
      // Decoding narrows the reader to the message, and leaves it so when it fails.
      reader.len = this.#length;
    }
  }
}

function notOtlp(reason: string, cause?: unknown): ServiceError {
  return new ServiceError(
    "NL_BODY_NOT_OTLP",
    `The body is no ExportLogsServiceRequest: ${reason}`,
    {
      cause,
    },
  );
}
