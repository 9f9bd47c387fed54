import type { Reader } from "protobufjs/minimal.js";

import { ServiceError } from "../../errors.ts";
import { INGEST_LIMITS, OTLP_LIMITS } from "../../limits.ts";
import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { BatchBuilder, checkRoom, type Batch } from "../batch.ts";
import { ProtobufWalk, type MessageSpan } from "../protobuf-walk.ts";
import { RecordProblem } from "../record-problem.ts";
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

class ProtobufReader {
  readonly batch = new BatchBuilder();
  readonly #messages: Messages;
  readonly #context: NormalizeContext;
  readonly #walk: ProtobufWalk;
  readonly #groups = new Groups();

  constructor(messages: Messages, bytes: Buffer, context: NormalizeContext) {
    this.#messages = messages;
    this.#context = context;
    const { fields } = OTLP_LIMITS;
    this.#walk = new ProtobufWalk(messages.Reader.create(bytes), { fields, damaged: notOtlp });
  }

  async read(): Promise<void> {
    const { Resource, InstrumentationScope } = this.#messages;
    const walk = this.#walk;
    await walk.each(walk.whole, RESOURCE_LOGS, async (resourceLogs) => {
      this.#groups.add();
      const resource = await this.#about(resourceLogs, Resource, readResource, NO_ORIGIN);
      await walk.each(resourceLogs, CONTENT, async (scopeLogs) => {
        this.#groups.add();
        const toOrigin = (scope: unknown) => withScope(resource, scope);
        const origin = await this.#about(scopeLogs, InstrumentationScope, toOrigin, resource);
        await walk.each(scopeLogs, CONTENT, (logRecord) => {
          checkRoom(this.batch);
          this.batch.add(this.#logRecord(logRecord, origin));
        });
      });
    });
  }

  /** What a message's first field says of the records in its second; the last one counts. */
  async #about(
    inside: MessageSpan,
    message: { decode(reader: Reader, length: number): unknown },
    read: (about: unknown) => Origin,
    fallback: Origin,
  ): Promise<Origin> {
    let last: MessageSpan | undefined;
    await this.#walk.each(inside, ABOUT, (span) => void (last = span));
    if (last === undefined) return fallback;
    const decoded = this.#walk.decode(message, last);
    if (typeof decoded === "string") throw notOtlp(`a resource or scope is ${decoded}`);
    try {
      return read(decoded.value);
    } catch (error) {
      if (error instanceof RecordProblem) throw notOtlp(error.message);
      throw error;
    }
  }

  #logRecord(span: MessageSpan, origin: Origin): PreparedRecord | Rejection {
    const decoded = this.#walk.decode(this.#messages.LogRecord, span);
    if (typeof decoded !== "string") return readLogRecord(decoded.value, origin, this.#context);
    if (decoded === "too large") {
      const { recordBytes } = INGEST_LIMITS;
      const message = `the record has more than ${recordBytes} bytes or ${OTLP_LIMITS.fields} fields`;
      return { code: "NL_RECORD_TOO_LARGE", message };
    }
    const message = "the record is damaged, nested too deeply, or its text is not UTF-8";
    return { code: "NL_RECORD_NOT_PROTOBUF", message };
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
