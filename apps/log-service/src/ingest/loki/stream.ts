import { RECORD_LIMITS } from "../../limits.ts";
import { isForbidden } from "../../record/inspect.ts";
import { LEVEL_OF_SILENCE, levelIndex } from "../../record/level.ts";
import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { cleanJson, cleanText } from "../../record/text.ts";
import { labelsOfObject, LabelsError, readLabels, type Labels } from "./labels.ts";
import { levelOfLine } from "./level-of-line.ts";

/** An instant to the nanosecond; `nanos` are those below the millisecond. */
export interface EntryTime {
  readonly ms: number;
  readonly nanos: number;
}

/** The first of these labels that a stream has is the record's source. */
export const SOURCE_LABELS = [
  "service_name",
  "service",
  "app",
  "application",
  "app_name",
  "name",
  "app_kubernetes_io_name",
  "container",
  "container_name",
  "k8s_container_name",
  "component",
  "workload",
  "job",
  "k8s_job_name",
  "unit",
  // Last, as Docker's driver names the standard stream by it.
  "source",
] as const;
/** In labels first, then in an entry's structured metadata. */
export const LEVEL_LABELS = [
  "level",
  "detected_level",
  "severity",
  "severity_text",
  "lvl",
] as const;
export const TRACE_LABELS = ["trace_id", "traceId", "traceID", "TraceID", "trace.id"] as const;
export const SPAN_LABELS = ["span_id", "spanId", "spanID", "SpanID", "span.id"] as const;

/**
 * Where a stream's labels are kept in a record's metadata: apart from the structured metadata, so
 * that the same stream can be given back.
 */
export const LABELS_KEY = "labels";

/**
 * What reads the entries of a stream with these labels, text or object; or why none of them can be taken.
 */
export function openStream(labels: unknown, context: NormalizeContext): StreamReader | Rejection {
  if (typeof labels === "string" && labels.length > RECORD_LIMITS.metadataUnits) {
    const message = `labels too large: '${labels.length}', limit: '${RECORD_LIMITS.metadataUnits}'`;
    return { code: "NL_RECORD_TOO_LARGE", message };
  }
  try {
    const read = typeof labels === "string" ? readLabels(labels) : labelsOfObject(labels);
    return new StreamReader(read, context);
  } catch (error) {
    if (!(error instanceof LabelsError)) throw error;
    const message = `couldn't parse labels: ${error.message}`;
    return { code: "NL_RECORD_FIELD_VALUE", message };
  }
}

/** Makes records of one stream's entries; what its labels say is worked out once. */
export class StreamReader {
  readonly #context: NormalizeContext;
  readonly #source: string;
  readonly #level: number;
  readonly #trace: string;
  readonly #span: string;
  /** `{"labels":{…}`, without the brace that closes the metadata; "" without labels. */
  readonly #metadata: string;

  constructor(labels: Labels, context: NormalizeContext) {
    this.#context = context;
    this.#source = cleanText(firstOf(labels, SOURCE_LABELS, RECORD_LIMITS.sourceUnits));
    this.#level = levelIn(labels);
    this.#trace = cleanText(firstOf(labels, TRACE_LABELS, RECORD_LIMITS.traceIdUnits));
    this.#span = cleanText(firstOf(labels, SPAN_LABELS, RECORD_LIMITS.spanIdUnits));
    this.#metadata =
      labels.size === 0 ? "" : cleanJson({ [LABELS_KEY]: Object.fromEntries(labels) }).slice(0, -1);
  }

  /**
   * @param time undefined for a time that could not be read.
   * @param structured The entry's structured metadata; undefined for none.
   */
  read(
    time: EntryTime | undefined,
    line: string,
    structured: Map<string, string> | undefined,
  ): PreparedRecord | Rejection {
    if (
      time === undefined ||
      time.ms < RECORD_LIMITS.earliestMs ||
      time.ms > RECORD_LIMITS.latestMs
    ) {
      return {
        code: "NL_RECORD_TIMESTAMP",
        message: "entry has a timestamp that is no instant between 1970 and 2262 in nanoseconds",
      };
    }
    if (line.length > RECORD_LIMITS.messageUnits) {
      return {
        code: "NL_RECORD_TOO_LARGE",
        message: `max entry size '${RECORD_LIMITS.messageUnits}' exceeded while adding an entry with length '${line.length}'`,
      };
    }
    let level = this.#level;
    let trace = this.#trace;
    let span = this.#span;
    let metadata = this.#metadata === "" ? "" : `${this.#metadata}}`;
    if (structured !== undefined && structured.size > 0) {
      if (level < 0) level = levelIn(structured);
      if (trace === "") trace = takeFirst(structured, TRACE_LABELS, RECORD_LIMITS.traceIdUnits);
      if (span === "") span = takeFirst(structured, SPAN_LABELS, RECORD_LIMITS.spanIdUnits);
      metadata = this.#withStructured(structured);
    }
    if (level < 0) level = levelOfLine(line);
    if (metadata.length > RECORD_LIMITS.metadataUnits) {
      return {
        code: "NL_RECORD_TOO_LARGE",
        message: `labels and structured metadata too large: '${metadata.length}', limit: '${RECORD_LIMITS.metadataUnits}'`,
      };
    }
    return {
      namespace: this.#context.namespace,
      ms: time.ms,
      nanos: time.nanos,
      digits: 9,
      received: this.#context.received,
      level: level < 0 ? LEVEL_OF_SILENCE : level,
      message: cleanText(line),
      source: this.#source,
      traceId: trace === "" ? (this.#context.traceId ?? "") : trace,
      spanId: span,
      tags: "",
      metadata,
    };
  }

  #withStructured(structured: Map<string, string>): string {
    const fields: Record<string, string> = {};
    for (const [name, value] of structured) {
      if (isForbidden(name, value)) continue;
      fields[name === LABELS_KEY ? `${LABELS_KEY}_extracted` : name] = value;
    }
    const text = cleanJson(fields);
    if (text === "{}") return this.#metadata === "" ? "" : `${this.#metadata}}`;
    return this.#metadata === "" ? text : `${this.#metadata},${text.slice(1)}`;
  }
}

function firstOf(labels: Labels, names: readonly string[], limit: number): string {
  for (const name of names) {
    const value = labels.get(name);
    if (value !== undefined && value !== "" && value.length <= limit) return value;
  }
  return "";
}

/** As `firstOf`, and takes it out: the record has it in a field of its own. */
function takeFirst(fields: Map<string, string>, names: readonly string[], limit: number): string {
  for (const name of names) {
    const value = fields.get(name);
    if (value !== undefined && value !== "" && value.length <= limit) {
      fields.delete(name);
      return cleanText(value);
    }
  }
  return "";
}

function levelIn(labels: Labels): number {
  for (const name of LEVEL_LABELS) {
    const value = labels.get(name);
    if (value === undefined) continue;
    const level = levelIndex(value);
    if (level >= 0) return level;
  }
  return -1;
}
