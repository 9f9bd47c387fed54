import { readTagList } from "../record/present.ts";
import type { PreparedRecord } from "../record/record.ts";
import { levelText } from "./level-text.ts";
import { DETECTED_LEVEL, ERROR_LABELS } from "./names.ts";
import type { LabelMap, Stream } from "./stream.ts";

const [ERROR, ERROR_DETAILS] = ERROR_LABELS;

/**
 * One line on its way through a pipeline. It has the labels that stages found, those of its stream,
 * and its structured metadata; the first of them that knows a name has it.
 */
export class Entry {
  readonly record: PreparedRecord;
  readonly stream: Stream;
  line: string;
  /** What stages found or made; undefined for a label that they took away. */
  readonly parsed = new Map<string, string | undefined>();
  /** The record's metadata beside the labels, by names as LogQL can write them. */
  readonly #fields: LabelMap;

  constructor(record: PreparedRecord, stream: Stream, fields: LabelMap) {
    this.record = record;
    this.stream = stream;
    this.line = record.message;
    this.#fields = fields;
  }

  /** "" for a label that there is not: Loki does not tell the two apart. */
  get(name: string): string {
    if (this.parsed.has(name)) return this.parsed.get(name) ?? "";
    return this.stream.labels.get(name) ?? this.#structured(name);
  }

  set(name: string, value: string): void {
    this.parsed.set(name, value);
  }

  drop(name: string): void {
    this.parsed.set(name, undefined);
  }

  /** Marks what went wrong; the first mistake stays. */
  fail(kind: string, details: string): void {
    if (this.get(ERROR) !== "") return;
    this.set(ERROR, kind);
    this.set(ERROR_DETAILS, details);
  }

  /** Of all labels that it has. */
  names(): string[] {
    const names = new Set([
      ...this.stream.labels.keys(),
      ...this.#fields.keys(),
      ...OWN_FIELDS,
      ...this.parsed.keys(),
    ]);
    return [...names].filter((name) => this.get(name) !== "");
  }

  /** Nanoseconds since the epoch, as Loki writes them. */
  get time(): string {
    return writeNanos(this.record.ms, this.record.nanos);
  }

  #structured(name: string): string {
    const { record } = this;
    switch (name) {
      case DETECTED_LEVEL:
        return levelText(record.level);
      case "trace_id":
        return record.traceId === "" ? (this.#fields.get(name) ?? "") : record.traceId;
      case "span_id":
        return record.spanId === "" ? (this.#fields.get(name) ?? "") : record.spanId;
      case "tags":
        return record.tags === ""
          ? (this.#fields.get(name) ?? "")
          : readTagList(record.tags).join(",");
      default:
        return this.#fields.get(name) ?? "";
    }
  }
}

const OWN_FIELDS = [DETECTED_LEVEL, "trace_id", "span_id", "tags"] as const;

export function writeNanos(ms: number, nanos: number): string {
  return ms === 0 ? String(nanos) : `${ms}${String(nanos).padStart(6, "0")}`;
}
