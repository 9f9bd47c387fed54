import { isUtf8 } from "node:buffer";

import { longNumbers } from "@neurallog/formats";

import { ServiceError } from "../../errors.ts";
import { INGEST_LIMITS, OTLP_LIMITS } from "../../limits.ts";
import { scanJson } from "../../record/json-scan.ts";
import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import { BatchBuilder, checkRoom, type Batch } from "../batch.ts";
import { JsonCursor, JsonCursorError } from "../json-cursor.ts";
import { RecordProblem } from "../record-problem.ts";
import { scanProblem } from "../scan-problem.ts";
import { Turn } from "../turn.ts";
import { Groups } from "./groups.ts";
import { NO_ORIGIN, readResource, withScope, type Origin } from "./origin.ts";
import { readLogRecord } from "./read-record.ts";

/**
 * An `ExportLogsServiceRequest` in OTLP's JSON. Unknown members are passed over; a record that
 * cannot be taken costs its own place only.
 * @throws ServiceError when the body is not such a request, or has too many records.
 */
export async function readOtlpJson(bytes: Buffer, context: NormalizeContext): Promise<Batch> {
  const reader = new JsonReader(bytes, context);
  try {
    await reader.read();
  } catch (error) {
    if (error instanceof JsonCursorError) throw new ServiceError("NL_BODY_NOT_JSON", error.message);
    throw error;
  }
  return reader.batch;
}

/** What stands around records is walked by a cursor; each record is parsed alone. */
class JsonReader {
  readonly batch = new BatchBuilder();
  readonly #bytes: Buffer;
  readonly #context: NormalizeContext;
  readonly #cursor: JsonCursor;
  readonly #turn = new Turn();
  readonly #groups = new Groups();

  constructor(bytes: Buffer, context: NormalizeContext) {
    this.#bytes = bytes;
    this.#context = context;
    this.#cursor = new JsonCursor(bytes);
  }

  async read(): Promise<void> {
    const cursor = this.#cursor;
    if (!cursor.openObject()) throw new ServiceError("NL_BODY_NOT_JSON", "A request is an object");
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      if (key === "resourceLogs") await cursor.each(this.#turn, () => this.#resourceLogs());
      else await cursor.passOver(this.#turn);
      if (this.#turn.isOver()) await this.#turn.next();
    }
    cursor.end();
  }

  #resourceLogs(): Promise<void> {
    this.#groups.add();
    return this.#inside("resource", readResource, "scopeLogs", (origin) =>
      this.#cursor.each(this.#turn, () => this.#scopeLogs(origin)),
    );
  }

  #scopeLogs(origin: Origin): Promise<void> {
    this.#groups.add();
    return this.#inside(
      "scope",
      (scope) => withScope(origin, scope),
      "logRecords",
      (origin) => this.#cursor.each(this.#turn, () => this.#logRecord(origin)),
      origin,
    );
  }

  /**
   * An object whose records need what another of its members says, which may stand behind them: then
   * they are passed over first and read at the end.
   */
  async #inside(
    aboutName: string,
    readAbout: (value: unknown) => Origin,
    recordsName: string,
    readRecords: (origin: Origin) => Promise<void>,
    fallback: Origin = NO_ORIGIN,
  ): Promise<void> {
    const cursor = this.#cursor;
    if (!cursor.openObject()) return;
    let origin: Origin | undefined;
    let passedOver: number | undefined;
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      if (key === aboutName && origin === undefined) origin = await this.#about(readAbout);
      else if (key === recordsName && origin !== undefined) await readRecords(origin);
      else if (key === recordsName && passedOver === undefined)
        [passedOver] = await cursor.passOver(this.#turn);
      else await cursor.passOver(this.#turn);
      if (this.#turn.isOver()) await this.#turn.next();
    }
    if (passedOver === undefined) return;
    const end = cursor.at;
    cursor.returnTo(passedOver);
    await readRecords(origin ?? fallback);
    cursor.returnBehind(end);
  }

  /** @throws ServiceError when a resource or scope cannot be read: its records would lose their origin. */
  async #about(read: (value: unknown) => Origin): Promise<Origin> {
    const parsed = await this.#parse();
    try {
      if ("value" in parsed) return read(parsed.value);
    } catch (error) {
      if (error instanceof RecordProblem) throw new ServiceError("NL_BODY_NOT_OTLP", error.message);
      throw error;
    }
    throw new ServiceError("NL_BODY_NOT_OTLP", parsed.message);
  }

  async #logRecord(origin: Origin): Promise<void> {
    checkRoom(this.batch);
    const parsed = await this.#parse();
    this.batch.add("value" in parsed ? readLogRecord(parsed.value, origin, this.#context) : parsed);
  }

  async #parse(): Promise<{ readonly value: unknown } | Rejection> {
    const [start, end] = await this.#cursor.passOver(this.#turn);
    if (end - start > INGEST_LIMITS.recordBytes) {
      const message = `the record is longer than ${INGEST_LIMITS.recordBytes} bytes`;
      return { code: "NL_RECORD_TOO_LARGE", message };
    }
    const { jsonDepth, separators } = OTLP_LIMITS;
    const problem = scanProblem(scanJson(this.#bytes, start, end, jsonDepth, separators));
    if (problem !== undefined) return problem;
    if (!isUtf8(this.#bytes.subarray(start, end))) {
      return { code: "NL_RECORD_NOT_UTF8", message: "the record is not UTF-8" };
    }
    const text = this.#bytes.toString("utf8", start, end);
    try {
      // 64-bit integers may be numbers here, and nanoseconds are beyond 2^53.
      return { value: JSON.parse(text, longNumbers(text)) };
    } catch {
      return { code: "NL_RECORD_NOT_JSON", message: "the record is not JSON" };
    }
  }
}
