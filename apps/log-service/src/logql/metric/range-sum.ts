import type { BlockRows } from "../../block/rows.ts";
import { ServiceError } from "../../errors.ts";
import { LOKI_LIMITS } from "../../limits.ts";
import type { HeaderRef, Sum } from "../../query/engine/sums/sum.ts";
import type { Selection } from "../../query/match/matcher.ts";
import type { HeaderNeeds } from "../../query/pipes/header-groups.ts";
import { LEVELS } from "../../record/level.ts";
import type { BlockRef } from "../../store/port.ts";
import type { Entry } from "../entry.ts";
import { levelText } from "../level-text.ts";
import { DETECTED_LEVEL } from "../names.ts";
import { PASS, type Pipeline, type StreamTest } from "../pipeline.ts";
import { RowTable } from "../row-table.ts";
import { entryTest } from "../stages/test.ts";
import type { LabelMap, Stream } from "../stream.ts";
import type { Streams } from "../streams.ts";
import type { Grouping, RangeExpr } from "../syntax/ast.ts";
import { readBytes, readDuration, readNumber } from "../syntax/units.ts";
import { createAccumulator, numbersPerSlot, type Accumulator } from "./accumulate.ts";
import { groupLabels, Groups, tooManySeries, type Series } from "./series.ts";
import type { Windows } from "./windows.ts";

export interface RangePlan {
  readonly expr: RangeExpr;
  readonly windows: Windows;
  /** What the filter left to do: which streams to take, and the stages of their lines. */
  readonly takes: StreamTest | undefined;
  readonly pipeline: Pipeline;
  readonly streams: Streams;
  /** Only these groups are wanted in the end; undefined for every series. */
  readonly grouping: Grouping | undefined;
  /** Names of structured metadata that something looks at: they tell series apart, others do not. */
  readonly wanted: ReadonlySet<string>;
}

/** Shorter intervals would be about as many as the archive has records. */
const LEAST_BUCKET_MS = 100;

/** Adds up one `…_over_time` or rate, from the blocks themselves. */
export class RangeSum implements Sum {
  readonly #plan: RangePlan;
  readonly #groups = new Groups();
  readonly #series = new Map<Stream, Accumulator>();
  /** By what a line is grouped by, so that equal lines need no labels of their own. */
  readonly #byValues = new Map<string, Accumulator>();
  readonly #sample: (entry: Entry) => number | undefined;
  /** Lines are told apart by their level at most: then levels and times are all that is read. */
  readonly #byLevelAlone: boolean;
  readonly #levels: (Accumulator | undefined)[] = LEVELS.map(() => undefined);
  /** A line counts for one, whatever is in it. */
  readonly #countsLines: boolean;
  /** Of streams, by level: null where lines of one level may be in several series. */
  readonly #ofStreams = new WeakMap<Stream, (Accumulator | null | undefined)[]>();
  #samples = 0;

  constructor(plan: RangePlan) {
    this.#plan = plan;
    const { expr, grouping, takes, pipeline } = plan;
    this.#sample = sampleOf(expr);
    this.#countsLines =
      pipeline === PASS && expr.unwrap === undefined && !expr.fn.startsWith("bytes");
    this.#byLevelAlone =
      this.#countsLines &&
      takes === undefined &&
      grouping?.kind === "by" &&
      grouping.labels.every((name) => name === DETECTED_LEVEL);
  }

  get headerNeeds(): HeaderNeeds | undefined {
    const { evenMs } = this.#plan.windows;
    if (!this.#byLevelAlone || evenMs === undefined || evenMs < LEAST_BUCKET_MS) return undefined;
    return { sources: false, bucketMs: evenMs, isEndIn: true };
  }

  addHeader({ header }: HeaderRef, levels: readonly boolean[]): boolean {
    if (!this.#byLevelAlone) return false;
    const { windows } = this.#plan;
    const slot = windows.slotOf(header.first.ms, header.first.nanos);
    if (slot !== windows.slotOf(header.last.ms, header.last.nanos)) return false;
    if (slot === undefined) return true;
    for (const [level, count] of header.levels.entries()) {
      if (count === 0 || levels[level] !== true) continue;
      // Whatever counts lines adds them up: so many at once are as many one by one.
      this.#ofLevel(level).add(slot, count, 0);
    }
    return true;
  }

  addRows(block: BlockRef, rows: BlockRows, selection: Selection): void {
    const { windows, streams, takes, pipeline } = this.#plan;
    const table = new RowTable(streams, rows);
    const { ms, levels } = rows;
    const origin = block.header.first.ms;
    for (let row = 0; row < rows.count; row += 1) {
      if (selection !== "all" && selection[row] === 0) continue;
      const time = ms[row] ?? 0;
      const nanos = rows.nanos(row);
      const slot = windows.slotOf(time, nanos);
      if (slot === undefined) continue;
      if (this.#byLevelAlone) {
        this.#ofLevel(levels[row] ?? 0).add(slot, 1, 0);
        continue;
      }
      const stream = table.streamOf(row);
      if (takes?.(stream) === false) continue;
      const whole = this.#ofStream(stream, levels[row] ?? 0);
      if (whole !== null && this.#countsLines) {
        whole.add(slot, 1, 0);
        continue;
      }
      const entry = table.entryOf(row);
      if (!pipeline(entry)) continue;
      const value = this.#sample(entry);
      if (value === undefined) continue;
      if (entry.error !== "") throw pipelineError(entry);
      (whole ?? this.#of(entry)).add(slot, value, (time - origin) * 1e6 + nanos);
      this.#samples += 1;
      if (this.#plan.expr.fn === "quantile_over_time" && this.#samples > LOKI_LIMITS.samples) {
        throw new ServiceError(
          "NL_LOGQL_LIMIT",
          `quantile_over_time takes at most ${LOKI_LIMITS.samples} samples`,
        );
      }
    }
  }

  series(): Series[] {
    const { windows } = this.#plan;
    return [...this.#series].map(([stream, samples]) => ({ stream, ...samples.finish(windows) }));
  }

  #ofLevel(level: number): Accumulator {
    const known = this.#levels[level];
    if (known !== undefined) return known;
    const labels = new Map([[DETECTED_LEVEL, levelText(level)]]);
    const made = this.#with(groupLabels(labels, this.#plan.grouping));
    this.#levels[level] = made;
    return made;
  }

  #ofStream(stream: Stream, level: number): Accumulator | null {
    let known = this.#ofStreams.get(stream);
    if (known === undefined) {
      known = LEVELS.map(() => undefined);
      this.#ofStreams.set(stream, known);
    }
    const before = known[level];
    if (before !== undefined) return before;
    const made = this.#makeOfStream(stream, level);
    known[level] = made;
    return made;
  }

  #makeOfStream({ labels }: Stream, level: number): Accumulator | null {
    const { pipeline, grouping, wanted } = this.#plan;
    // A stage may give the lines of one stream different labels, and so do fields of their own.
    if (pipeline !== PASS) return null;
    if (grouping?.kind !== "by") {
      return wanted.size === 0 ? this.#with(grouped(labels, grouping)) : null;
    }
    const own = (name: string) => labels.has(name) || name === DETECTED_LEVEL;
    if (!grouping.labels.every(own)) return null;
    return this.#with(
      groupLabels(new Map([[DETECTED_LEVEL, levelText(level)], ...labels]), grouping),
    );
  }

  #of(entry: Entry): Accumulator {
    const { grouping } = this.#plan;
    if (grouping?.kind === "by") {
      const values = grouping.labels.map((name) => entry.get(name));
      return this.#keyed(JSON.stringify(values), () => {
        const pairs = grouping.labels.map((name, at): [string, string] => [name, values[at] ?? ""]);
        return new Map(pairs.filter(([, value]) => value !== ""));
      });
    }
    const unparsed = entry.parsed.size === 0 && this.#plan.wanted.size === 0;
    if (unparsed)
      return this.#keyed(entry.stream.key, () => grouped(entry.stream.labels, grouping));
    const labels = this.#allLabels(entry);
    return this.#keyed(JSON.stringify([...labels]), () => grouped(labels, grouping));
  }

  #allLabels(entry: Entry): LabelMap {
    const { expr, wanted } = this.#plan;
    const labels = new Map<string, string>();
    for (const name of entry.names()) {
      const shown = entry.parsed.has(name) || entry.stream.labels.has(name) || wanted.has(name);
      if (shown && name !== expr.unwrap?.label) labels.set(name, entry.get(name));
    }
    return labels;
  }

  #keyed(key: string, labels: () => LabelMap): Accumulator {
    const known = this.#byValues.get(key);
    if (known !== undefined) return known;
    const made = this.#with(labels());
    this.#byValues.set(key, made);
    return made;
  }

  #with(labels: LabelMap): Accumulator {
    const stream = this.#groups.of(labels);
    const known = this.#series.get(stream);
    if (known !== undefined) return known;
    const { expr, windows } = this.#plan;
    const numbers = (this.#series.size + 1) * windows.slots * numbersPerSlot(expr.fn);
    if (this.#series.size >= LOKI_LIMITS.innerSeries || numbers > LOKI_LIMITS.numbers) {
      throw tooManySeries(this.#series.size);
    }
    const made = createAccumulator(expr.fn, windows.slots, expr.parameter);
    this.#series.set(stream, made);
    return made;
  }
}

function grouped(labels: LabelMap, grouping: Grouping | undefined): LabelMap {
  return grouping === undefined ? labels : groupLabels(labels, grouping);
}

/** The number that a line counts for; undefined for a line that counts for nothing. */
function sampleOf({ fn, unwrap }: RangeExpr): (entry: Entry) => number | undefined {
  if (unwrap === undefined) {
    return fn.startsWith("bytes") ? ({ line }) => Buffer.byteLength(line) : () => 1;
  }
  const { label, convert, tests } = unwrap;
  const passes = tests.map(entryTest);
  const read = convert === undefined ? readNumber : convert === "bytes" ? readBytes : readSeconds;
  return (entry) => {
    const text = entry.get(label);
    if (text === "") return undefined;
    const value = read(text);
    if (value === undefined) {
      entry.fail("SampleExtractionErr", `${JSON.stringify(text.slice(0, 32))} is no number`);
    }
    return passes.every((test) => test(entry)) ? (value ?? 0) : undefined;
  };
}

function readSeconds(text: string): number | undefined {
  const nanos = readDuration(text);
  return nanos === undefined ? undefined : nanos / 1e9;
}

function labelsText(entry: Entry): string {
  const labels = entry.names().sort();
  return `{${labels.map((name) => `${name}=${JSON.stringify(entry.get(name))}`).join(", ")}}`;
}

/** In Loki's words, which say how to go on. */
function pipelineError(entry: Entry): ServiceError {
  const { error } = entry;
  return new ServiceError(
    "NL_LOGQL_PIPELINE",
    `pipeline error: '${error}' for series: '${labelsText(entry).slice(0, 1_000)}'.\n` +
      `Use a label filter to intentionally skip this error. (e.g | __error__!="${error}").\n` +
      'To skip all potential errors you can match empty errors.(e.g __error__="")\n' +
      'The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__="" )',
  );
}
