import { ServiceError } from "../../errors.ts";
import { INGEST_LIMITS, LOKI_LIMITS, RECORD_LIMITS } from "../../limits.ts";
import { inspectValue, isForbidden, TOO_DEEP } from "../../record/inspect.ts";
import { scanJson } from "../../record/json-scan.ts";
import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import { isObject, type PreparedRecord } from "../../record/record.ts";
import { readInstant } from "../../record/time.ts";
import { BatchBuilder, type Batch } from "../batch.ts";
import { JsonCursor, JsonCursorError, type Span } from "../json-cursor.ts";
import { scanProblem } from "../scan-problem.ts";
import { Turn } from "../turn.ts";
import { openStream, StreamReader, type EntryTime } from "./stream.ts";

/**
 * Reads a push in JSON: `{"streams":[{"stream":{…},"values":[["<ns>","line",{…}]]}]}`, and the form
 * before it, `{"streams":[{"labels":"{…}","entries":[{"ts":"…","line":"…"}]}]}`. An entry that
 * cannot be taken costs its own place only.
 * @throws ServiceError NL_LOKI_PUSH for a body that is neither, NL_LOKI_EMPTY for one without
 * streams, NL_BATCH_TOO_LONG for too much.
 */
export async function readJsonPush(bytes: Buffer, context: NormalizeContext): Promise<Batch> {
  const reader = new PushReader(bytes, context);
  try {
    await reader.read();
  } catch (error) {
    if (error instanceof JsonCursorError) throw notPush(error.message);
    throw error;
  }
  return reader.batch;
}

const OPEN_BRACE = 0x7b;

/**
 * A cursor walks down to the entries, and some dozens of them are parsed together: one JSON.parse of
 * 16 MB would hold everybody up for a tenth of a second, and of what an attacker sends for one and more.
 */
class PushReader {
  readonly batch = new BatchBuilder();
  readonly #bytes: Buffer;
  readonly #context: NormalizeContext;
  readonly #cursor: JsonCursor;
  readonly #turn = new Turn();
  #streams = 0;

  constructor(bytes: Buffer, context: NormalizeContext) {
    this.#bytes = bytes;
    this.#context = context;
    this.#cursor = new JsonCursor(bytes);
  }

  async read(): Promise<void> {
    const cursor = this.#cursor;
    if (!cursor.openObject()) throw notPush("a push is an object");
    const met = new Met();
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      if (key === "streams") {
        met.add("streams");
        await cursor.each(this.#turn, () => this.#stream());
      } else await cursor.passOver(this.#turn);
      if (this.#turn.isOver()) await this.#turn.next();
    }
    cursor.end();
    if (this.#streams === 0) throw new ServiceError("NL_LOKI_EMPTY");
  }

  async #stream(): Promise<void> {
    const cursor = this.#cursor;
    // One without entries has no place in the batch, and costs as much.
    if ((this.#streams += 1) > INGEST_LIMITS.batchRecords) throw tooLong();
    if (this.#bytes[cursor.at] !== OPEN_BRACE) {
      await cursor.passOver(this.#turn);
      return;
    }
    cursor.openObject();
    const met = new Met();
    let reader: StreamReader | Rejection | undefined;
    let before: Span | undefined;
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      if (key === "stream" || key === "labels") {
        met.add("a stream's labels");
        reader = this.#readerOf(await cursor.passOver(this.#turn));
      } else if (key === "values" || key === "entries") {
        met.add("a stream's entries");
        if (reader === undefined) before = await cursor.passOver(this.#turn);
        else await this.#entries(reader);
      } else await cursor.passOver(this.#turn);
      if (this.#turn.isOver()) await this.#turn.next();
    }
    if (before === undefined) return;
    const end = cursor.at;
    cursor.returnTo(before[0]);
    await this.#entries(reader ?? openStream({}, this.#context));
    cursor.returnBehind(end);
  }

  #readerOf(span: Span): StreamReader | Rejection {
    const parsed = this.#parse(span);
    if ("code" in parsed) return parsed;
    return openStream(parsed.value ?? {}, this.#context);
  }

  async #entries(reader: StreamReader | Rejection): Promise<void> {
    const cursor = this.#cursor;
    const { batch } = this;
    let waiting = 0;
    let [from, to] = [0, 0];
    const add = (value: unknown) =>
      batch.add(reader instanceof StreamReader ? readEntry(reader, value) : reader);
    const addWaiting = (): void => {
      if (waiting > 0) for (const value of this.#elements(from, to)) add(value);
      waiting = 0;
    };
    await cursor.each(this.#turn, async () => {
      if (batch.size + waiting >= INGEST_LIMITS.batchRecords) throw tooLong();
      const passed = cursor.passOver(this.#turn);
      const [start, end] = passed instanceof Promise ? await passed : passed;
      // Of fewer bytes, it has no more values than a record may.
      if (end - start <= RECORD_LIMITS.separators) {
        if (waiting === 0) from = start;
        waiting += 1;
        to = end;
        if (to - from >= LOKI_LIMITS.parsedBytes) addWaiting();
        return;
      }
      addWaiting();
      const parsed = this.#parse([start, end]);
      if ("code" in parsed) batch.add(parsed);
      else add(parsed.value);
    });
    addWaiting();
  }

  /** Elements of an array, with the commas between them. */
  #elements(start: number, end: number): readonly unknown[] {
    return parse(`[${this.#bytes.toString("utf8", start, end)}]`);
  }

  #parse([start, end]: Span): { readonly value: unknown } | Rejection {
    if (end - start > INGEST_LIMITS.recordBytes) {
      const message = `max entry size '${INGEST_LIMITS.recordBytes}' bytes exceeded`;
      return { code: "NL_RECORD_TOO_LARGE", message };
    }
    const problem = scanProblem(scanJson(this.#bytes, start, end, RECORD_LIMITS.depth));
    if (problem !== undefined) return problem;
    const [value] = this.#elements(start, end);
    return { value };
  }
}

/** Members by the names that errors have for them. */
class Met {
  readonly #names = new Set<string>();

  /** @throws ServiceError for one that was there before: nobody knows which of them is meant. */
  add(name: string): void {
    if (this.#names.has(name)) throw notPush(`${name} come twice`);
    this.#names.add(name);
  }
}

function parse(text: string): readonly unknown[] {
  try {
    const values: unknown = JSON.parse(text);
    return Array.isArray(values) ? values : [];
  } catch {
    // V8 quotes the text around the mistake, which may be a line of somebody's log.
    throw notPush("an entry is not JSON");
  }
}

function readEntry(reader: StreamReader, value: unknown): PreparedRecord | Rejection {
  if (Array.isArray(value)) {
    const [time, line, structured]: unknown[] = value;
    return readLine(reader, epochNanos(time), line, structured);
  }
  if (!isObject(value)) return bad("an entry is an array of a timestamp, a line, and more");
  const time = readInstant(value["ts"]);
  const known = typeof time === "string" ? undefined : time;
  return readLine(reader, known, value["line"], value["structuredMetadata"]);
}

function readLine(
  reader: StreamReader,
  time: EntryTime | undefined,
  line: unknown,
  structured: unknown,
): PreparedRecord | Rejection {
  if (typeof line !== "string") return bad("an entry's line is a string");
  const fields = structuredOf(structured);
  if (fields === "too deep") {
    return { code: "NL_RECORD_TOO_DEEP", message: "structured metadata is nested too deeply" };
  }
  return reader.read(time, line, fields);
}

const NANOS = /^\d{1,19}$/;

/** Always nanoseconds, however few digits; a number instead of a string is taken all the same. */
function epochNanos(value: unknown): EntryTime | undefined {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || !NANOS.test(text)) return undefined;
  return { ms: Number(text.slice(0, -6)), nanos: Number(text.slice(-6)) };
}

function structuredOf(value: unknown): Map<string, string> | "too deep" | undefined {
  if (!isObject(value)) return undefined;
  const fields = new Map<string, string>();
  for (const name of Object.keys(value)) {
    const field = value[name];
    if (isForbidden(name, field) || field === null) continue;
    if (typeof field === "string") fields.set(name, field);
    // Writing it as text goes as deep as it is.
    else if (inspectValue(field, 0) === TOO_DEEP) return "too deep";
    else fields.set(name, JSON.stringify(field));
  }
  return fields;
}

function notPush(reason: string): ServiceError {
  return new ServiceError("NL_LOKI_PUSH", `couldn't parse push request: ${reason}`);
}

function tooLong(): ServiceError {
  return new ServiceError(
    "NL_BATCH_TOO_LONG",
    `a push has at most ${INGEST_LIMITS.batchRecords} entries`,
  );
}

function bad(message: string): Rejection {
  return { code: "NL_RECORD_FIELD_VALUE", message };
}
