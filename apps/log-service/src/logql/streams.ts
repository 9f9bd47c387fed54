import { labelName } from "../ingest/loki/labels.ts";
import { LABELS_KEY } from "../ingest/loki/stream.ts";
import { LOKI_LIMITS, RECORD_LIMITS } from "../limits.ts";
import { levelIndex } from "../record/level.ts";
import { readMetadataObject } from "../record/present.ts";
import { isObject, type JsonValue, type PreparedRecord } from "../record/record.ts";
import { Entry } from "./entry.ts";
import { levelText } from "./level-text.ts";
import { ID_UNITS, LEVEL, SERVICE, TENANT, UNKNOWN_SERVICE } from "./names.ts";
import { streamWith, type LabelMap, type Stream } from "./stream.ts";

interface Metadata {
  readonly labels: LabelMap | undefined;
  /** The labels again, as a key. */
  readonly key: string;
  /** Everything else, flat. */
  readonly fields: LabelMap;
}

/** What of a record says which stream it is of. */
export type StreamRecord = Pick<PreparedRecord, "namespace" | "source" | "level" | "metadata">;

const NO_METADATA: Metadata = { labels: undefined, key: "", fields: new Map() };

/**
 * Streams of records. Records that came through Loki's door have the labels
 * that they came with, and `service_name` as Loki itself adds it; others have `service_name` and
 * `level`.
 */
export class Streams {
  readonly withTenant: boolean;
  // Caches and no more: equal labels have equal keys, whichever object they are in.
  readonly #streams = new Map<string, Stream>();
  readonly #metadata = new Map<string, Metadata>();

  /** @param withTenant Whether a stream has its logical namespace as a label. */
  constructor(withTenant: boolean) {
    this.withTenant = withTenant;
  }

  entryOf(record: PreparedRecord): Entry {
    const metadata = this.#metadataOf(record.metadata);
    return new Entry(record, this.#streamOf(record, metadata), metadata.fields);
  }

  /** The stream alone. */
  streamOf(record: StreamRecord): Stream {
    return this.#streamOf(record, this.#metadataOf(record.metadata));
  }

  /** What a metadata's text has beside the labels. */
  fieldsOf(metadata: string): LabelMap {
    return this.#metadataOf(metadata).fields;
  }

  #streamOf(record: StreamRecord, metadata: Metadata): Stream {
    const identity = `${record.namespace}\0${record.source}\0${record.level}\0${metadata.key}`;
    const known = this.#streams.get(identity);
    if (known !== undefined) return known;
    const labels = streamLabels(record, metadata.labels);
    if (this.withTenant) labels.set(TENANT, record.namespace);
    const made = streamWith(labels);
    remember(this.#streams, identity, made);
    return made;
  }

  /** Records of one stream without structured metadata have the very same text. */
  #metadataOf(text: string): Metadata {
    if (text === "") return NO_METADATA;
    const known = this.#metadata.get(text);
    if (known !== undefined) return known;
    const made = readMetadata(text);
    remember(this.#metadata, text, made);
    return made;
  }
}

function remember<T>(cache: Map<string, T>, key: string, value: T): void {
  if (cache.size >= LOKI_LIMITS.knownStreams) cache.clear();
  // Long texts are hardly ever the same twice, and would fill the memory.
  if (key.length <= LOKI_LIMITS.knownUnits) cache.set(key, value);
}

function streamLabels(record: StreamRecord, own: LabelMap | undefined): Map<string, string> {
  const labels = new Map(own);
  // Source and level are what filters go by: a label that said otherwise would disagree with them.
  const service = labels.get(SERVICE);
  if (service === undefined || service.length <= RECORD_LIMITS.sourceUnits) {
    labels.set(SERVICE, record.source === "" ? UNKNOWN_SERVICE : record.source);
  }
  const level = levelIndex(labels.get(LEVEL));
  if (own === undefined || (level >= 0 && level !== record.level)) {
    labels.set(LEVEL, levelText(record.level));
  }
  return labels;
}

function readMetadata(text: string): Metadata {
  const fields = new Map<string, string>();
  const labels = new Map<string, string>();
  let labelled = false;
  for (const [key, value] of Object.entries(readMetadataObject(text))) {
    if (key !== LABELS_KEY || !isObject(value)) flatten(labelName(key), value, fields, 0);
    else {
      labelled = true;
      for (const [name, label] of Object.entries(value)) {
        const plain = typeof label === "string" && labelName(name) === name;
        if (plain && label !== "") labels.set(name, label);
        else if (!plain) flatten(`${LABELS_KEY}_${labelName(name)}`, label, fields, 1);
      }
    }
  }
  return labelled
    ? { labels, key: JSON.stringify([...labels]), fields }
    : { labels: undefined, key: "", fields };
}

function flatten(name: string, value: JsonValue, into: Map<string, string>, depth: number): void {
  if (into.size >= LOKI_LIMITS.fields) return;
  if (isObject(value) && depth < LOKI_LIMITS.fieldDepth) {
    for (const [key, child] of Object.entries(value)) {
      flatten(`${name}_${labelName(key)}`, child, into, depth + 1);
    }
    return;
  }
  const text = fieldText(value);
  const free = freeName(name);
  if (text !== "" && !into.has(free)) into.set(free, text);
}

/**
 * What the metadata has under the name of a record's own id is another value, and gets the name that
 * Loki gives to a second one: filters look for the id in its own field alone.
 */
export function freeName(name: string): string {
  return ID_UNITS.has(name) ? `${name}_extracted` : name;
}

/** A value as LogQL sees it; "" for one that there is not. */
export function fieldText(value: JsonValue): string {
  if (typeof value === "string") return value;
  return value === null ? "" : JSON.stringify(value);
}
