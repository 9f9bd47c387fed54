import { readTagList } from "../record/present.ts";
import type { PreparedRecord } from "../record/record.ts";
import { levelText } from "./level-text.ts";
import { DETECTED_LEVEL, ERROR_LABELS, ID_UNITS } from "./names.ts";
import type { Stream } from "./stream.ts";

const [ERROR, ERROR_DETAILS] = ERROR_LABELS;

/** What a pipeline looks at of a record; a block's row reads each part when it is asked for. */
export type EntryRecord = Pick<
  PreparedRecord,
  "ms" | "nanos" | "level" | "message" | "traceId" | "spanId" | "tags" | "metadata"
>;

/** A record's metadata beside the labels, by names as LogQL can write them. */
export interface Fields {
  get(name: string): string | undefined;
  keys(): Iterable<string>;
}

/**
 * One line on its way through a pipeline. It has the labels that stages found, those of its stream,
 * and its structured metadata; the first of them that knows a name has it.
 */
export class Entry {
  readonly record: EntryRecord;
  readonly stream: Stream;
  /** What stages found or made; undefined for a label that they took away. */
  readonly parsed = new Map<string, string | undefined>();
  readonly #fields: Fields;
  #line: string | undefined;

  constructor(record: EntryRecord, stream: Stream, fields: Fields) {
    this.record = record;
    this.stream = stream;
    this.#fields = fields;
  }

  get line(): string {
    this.#line ??= this.record.message;
    return this.#line;
  }

  set line(line: string) {
    this.#line = line;
  }

  /** "" for a label that there is not: Loki does not tell the two apart. */
  get(name: string): string {
    if (this.parsed.has(name)) return this.parsed.get(name) ?? "";
    return this.#label(name) ?? this.#structured(name);
  }

  /** What went wrong; "" for nothing. No record brings a mistake with it. */
  get error(): string {
    return this.parsed.get(ERROR) ?? "";
  }

  set(name: string, value: string): void {
    this.parsed.set(name, value);
  }

  drop(name: string): void {
    this.parsed.set(name, undefined);
  }

  /** Marks what went wrong; the first mistake stays. */
  fail(kind: string, details: string): void {
    if (this.error !== "") return;
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

  /** An id that fits the record's own field stands there, where filters look for it. */
  #label(name: string): string | undefined {
    const label = this.stream.labels.get(name);
    if (label === undefined) return undefined;
    return label.length <= (ID_UNITS.get(name) ?? -1) ? undefined : label;
  }

  #structured(name: string): string {
    const { record } = this;
    switch (name) {
      case DETECTED_LEVEL:
        return levelText(record.level);
      case "trace_id":
        return record.traceId;
      case "span_id":
        return record.spanId;
      case "tags": {
        const { tags } = record;
        return tags === "" ? (this.#fields.get(name) ?? "") : readTagList(tags).join(",");
      }
      // Only a pipeline says what went wrong in it.
      case ERROR:
      case ERROR_DETAILS:
        return "";
      default:
        return this.#fields.get(name) ?? "";
    }
  }
}

const OWN_FIELDS = [DETECTED_LEVEL, "trace_id", "span_id", "tags"] as const;

export function writeNanos(ms: number, nanos: number): string {
  return ms === 0 ? String(nanos) : `${ms}${String(nanos).padStart(6, "0")}`;
}
