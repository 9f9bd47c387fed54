import type { Task } from "../../query/engine/task.ts";
import type { Entry } from "../entry.ts";
import type { Series, Value } from "../metric/series.ts";
import type { Steps } from "../metric/windows.ts";
import { streamWith } from "../stream.ts";
import { MS } from "../time.ts";

/** What Loki's clients and Grafana show of a query's work. */
export function statsOf({ work }: Task, returned: number): object {
  const { ms, scanned } = work;
  const seconds = Math.max(ms / 1000, 1e-6);
  return {
    summary: {
      bytesProcessedPerSecond: Math.round(scanned.bytes / seconds),
      linesProcessedPerSecond: Math.round(scanned.records / seconds),
      totalBytesProcessed: scanned.bytes,
      totalLinesProcessed: scanned.records,
      execTime: seconds,
      queueTime: 0,
      subqueries: 0,
      totalEntriesReturned: returned,
      splits: 0,
      shards: 0,
    },
    querier: {
      store: {
        totalChunksRef: scanned.blocks + scanned.skipped + scanned.counted,
        totalChunksDownloaded: scanned.blocks,
        chunk: { decompressedBytes: scanned.bytes, decompressedLines: scanned.records },
      },
    },
    ingester: {},
    cache: {},
  };
}

/** Lines by stream. @param categorized Tells labels, structured metadata and parsed labels apart. */
export function streamsOf(entries: readonly Entry[], categorized: boolean): object[] {
  const streams = new Map<string, { stream: object; values: unknown[] }>();
  for (const entry of entries) {
    const { key, labels, extra } = categorized ? apart(entry) : together(entry);
    const value = [entry.time, entry.line, ...(extra === undefined ? [] : [extra])];
    const known = streams.get(key);
    if (known !== undefined) known.values.push(value);
    else streams.set(key, { stream: Object.fromEntries(labels), values: [value] });
  }
  return [...streams.values()];
}

interface Shown {
  readonly key: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly extra: object | undefined;
}

function together(entry: Entry): Shown {
  const all = streamWith(new Map(entry.names().map((name) => [name, entry.get(name)])));
  return { key: all.key, labels: all.labels, extra: undefined };
}

function apart(entry: Entry): Shown {
  const { stream, parsed } = entry;
  const structuredMetadata: Record<string, string> = {};
  const found: Record<string, string> = {};
  let kept = stream;
  for (const name of entry.names()) {
    if (parsed.has(name)) found[name] = entry.get(name);
    else if (!stream.labels.has(name)) structuredMetadata[name] = entry.get(name);
  }
  // What `drop` and `label_format` took from the stream is gone from it.
  if ([...parsed.keys()].some((name) => stream.labels.has(name))) {
    kept = streamWith(new Map([...stream.labels].filter(([name]) => !parsed.has(name))));
  }
  const extra = {
    ...(Object.keys(structuredMetadata).length > 0 && { structuredMetadata }),
    ...(Object.keys(found).length > 0 && { parsed: found }),
  };
  return { key: kept.key, labels: kept.labels, extra };
}

/** A number as Go prints floats, which its clients read back. */
export function sampleText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}

function secondsAt({ start, step }: Steps, at: number): number {
  return Number((start + step * BigInt(at)) / MS) / 1000;
}

export function matrixOf(series: readonly Series[], steps: Steps): object[] {
  return series.map(({ stream, values, present }) => ({
    metric: Object.fromEntries(stream.labels),
    values: [...values].flatMap((value, at) =>
      present[at] === 1 ? [[secondsAt(steps, at), sampleText(value)]] : [],
    ),
  }));
}

/** A metric query's `data`: of one moment, or of all steps. */
export function samplesOf(value: Value, steps: Steps, kind: "instant" | "range"): object {
  if ("scalar" in value) {
    const text = sampleText(value.scalar);
    if (kind === "instant") return { resultType: "scalar", result: [secondsAt(steps, 0), text] };
    const values = Array.from({ length: steps.count }, (_, at) => [secondsAt(steps, at), text]);
    return { resultType: "matrix", result: [{ metric: {}, values }] };
  }
  if (kind === "range") return { resultType: "matrix", result: matrixOf(value.series, steps) };
  const result = value.series.map(({ stream, values }) => ({
    metric: Object.fromEntries(stream.labels),
    value: [secondsAt(steps, 0), sampleText(values[0] ?? 0)],
  }));
  return { resultType: "vector", result };
}
