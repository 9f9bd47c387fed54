import type { LogInput } from "@neurallog/client";

import { LIMITS } from "../limits.ts";

/** Records that wait. When there are too many the oldest go, and are counted. */
export class RecordQueue {
  readonly #records: number;
  readonly #units: number;
  #waiting: LogInput[] = [];
  /** Taken or dropped records at the beginning of `#waiting`: cutting them off each time would be quadratic. */
  #gone = 0;
  #held = 0;
  #dropped = 0;

  constructor(limits: { readonly records: number; readonly units: number } = QUEUE) {
    this.#records = limits.records;
    this.#units = limits.units;
  }

  get size(): number {
    return this.#waiting.length - this.#gone;
  }

  get dropped(): number {
    return this.#dropped;
  }

  add(record: LogInput): void {
    this.#waiting.push(record);
    this.#held += unitsOf(record);
    while (this.size > 1 && (this.size > this.#records || this.#held > this.#units)) {
      this.#shift();
      this.#dropped += 1;
    }
  }

  /** The oldest, as many as one write takes. */
  take(): LogInput[] {
    const batch: LogInput[] = [];
    let units = 0;
    for (;;) {
      const next = this.#waiting[this.#gone];
      if (next === undefined || batch.length >= LIMITS.batchRecords) return batch;
      units += unitsOf(next);
      if (batch.length > 0 && units > LIMITS.batchUnits) return batch;
      batch.push(next);
      this.#shift();
    }
  }

  #shift(): void {
    const first = this.#waiting[this.#gone];
    if (first === undefined) return;
    this.#held -= unitsOf(first);
    this.#gone += 1;
    if (this.#gone < 1_000 || this.#gone * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#gone);
    this.#gone = 0;
  }
}

const QUEUE = { records: LIMITS.queueRecords, units: LIMITS.queueUnits };

/** What a record holds beside its message is small, and bounded. */
function unitsOf({ message }: LogInput): number {
  return message.length + 1_024;
}
