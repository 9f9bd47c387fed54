import type { Reader } from "protobufjs/minimal.js";

import { ServiceError } from "../../errors.ts";
import { INGEST_LIMITS } from "../../limits.ts";
import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { BatchBuilder, checkRoom, type Batch } from "../batch.ts";
import { RecordProblem } from "../record-problem.ts";
import { Turn } from "../turn.ts";
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

  constructor(messages: Messages, bytes: Buffer, context: NormalizeContext) {
    this.#messages = messages;
    this.#context = context;
    this.#reader = messages.Reader.create(bytes);
    this.#length = bytes.length;
  }

  async read(): Promise<void> {
    const whole = { start: 0, length: this.#length };
    for (const resourceLogs of this.#fields(whole, RESOURCE_LOGS)) {
      const resource = this.#about(resourceLogs, this.#messages.Resource, readResource, NO_ORIGIN);
      for (const scopeLogs of this.#fields(resourceLogs, CONTENT)) {
        const { InstrumentationScope } = this.#messages;
        const toOrigin = (scope: unknown) => withScope(resource, scope);
        const origin = this.#about(scopeLogs, InstrumentationScope, toOrigin, resource);
        for (const logRecord of this.#fields(scopeLogs, CONTENT)) {
          checkRoom(this.batch);
          this.batch.add(this.#logRecord(logRecord, origin));
          if (this.#turn.isOver()) await this.#turn.next();
        }
        if (this.#turn.isOver()) await this.#turn.next();
      }
      if (this.#turn.isOver()) await this.#turn.next();
    }
  }

  /** The messages in one field of a message, one by one; whoever takes one may read elsewhere. */
  *#fields({ start, length }: Span, wanted: number): Generator<Span> {
    const end = start + length;
    for (let at = start; at < end;) {
      const found = this.#field(at, end, wanted);
      at = found.end;
      if (found.span !== undefined) yield found.span;
    }
  }

  #field(at: number, end: number, wanted: number): { end: number; span: Span | undefined } {
    const reader = this.#reader;
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
  #about(
    inside: Span,
    message: { decode(reader: Reader, length: number): unknown },
    read: (about: unknown) => Origin,
    fallback: Origin,
  ): Origin {
    let origin = fallback;
    for (const { start, length } of this.#fields(inside, ABOUT)) {
      const decoded = this.#decode(message, start, length);
      if (decoded === undefined) throw notOtlp("a resource or scope is damaged");
      try {
        origin = read(decoded);
      } catch (error) {
        if (error instanceof RecordProblem) throw notOtlp(error.message);
        throw error;
      }
    }
    return origin;
  }

  #logRecord({ start, length }: Span, origin: Origin): PreparedRecord | Rejection {
    if (length > INGEST_LIMITS.recordBytes) {
      const message = `the record is longer than ${INGEST_LIMITS.recordBytes} bytes`;
      return { code: "NL_RECORD_TOO_LARGE", message };
    }
    const decoded = this.#decode(this.#messages.LogRecord, start, length);
    if (decoded !== undefined) return readLogRecord(decoded, origin, this.#context);
    const message = "the record is damaged, nested too deeply, or its text is not UTF-8";
    return { code: "NL_RECORD_NOT_PROTOBUF", message };
  }

  /** Undefined for what the generated code refuses. */
  #decode(
    message: { decode(reader: Reader, length: number): unknown },
    start: number,
    length: number,
  ): unknown {
    const reader = this.#reader;
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
