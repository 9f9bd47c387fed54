import { detect, formats } from "../formats/detect.ts";
import type { Format } from "../formats/format.ts";
import type { Clock } from "../time/clock.ts";
import { fit } from "./fit.ts";
import { cutName, Joiner, type Numbered } from "./join.ts";
import type { Line } from "./lines.ts";

export interface ReadingOptions {
  readonly clock: Clock;
  /** The only format to look for; every known one when left out. */
  readonly format?: Format | undefined;
  /** Whether stack traces and the like are joined to the record before. */
  readonly join: boolean;
}

/** A line of a known format that is kept as text, because the service would not take its fields. */
const textName = "text";

/** Lines in, records out; counts what a person should know about the reading. */
export class RecordReader {
  readonly counts = { lines: 0, latin1: 0, cut: 0 };
  readonly formats = new Map<string, number>();
  readonly #options: ReadingOptions;
  readonly #candidates: readonly Format[];
  readonly #joiner: Joiner;

  constructor(options: ReadingOptions) {
    this.#options = options;
    this.#candidates = options.format === undefined ? formats : [options.format];
    this.#joiner = new Joiner(options.join);
  }

  /** The record that this line completes, if any: the one before it. */
  push(line: Line): Numbered | undefined {
    if (!line.continued) this.counts.lines++;
    if (line.latin1) this.counts.latin1++;
    return this.#counted(this.#joiner.push(this.#read(line)));
  }

  /** The last record. */
  flush(): Numbered | undefined {
    return this.#counted(this.#joiner.flush());
  }

  #read(line: Line): Numbered {
    const place = { from: line.number, to: line.number };
    if (line.continued) {
      this.counts.cut++;
      return { record: { message: line.text, metadata: { cut: true } }, format: cutName, ...place };
    }
    const { format, record } = detect(line.text, this.#options.clock, this.#candidates);
    const fitting = fit(record, line.text);
    return { record: fitting, format: fitting === record ? format : textName, ...place };
  }

  #counted(done: Numbered | undefined): Numbered | undefined {
    if (done !== undefined) this.formats.set(done.format, (this.formats.get(done.format) ?? 0) + 1);
    return done;
  }
}
