import { randomUUID } from "node:crypto";

import { NeuralLogError } from "../errors.ts";
import type { Delivery, Outcome } from "./deliver/port.ts";
import { BatchSize } from "./batch-size.ts";
import { Chunk } from "./chunk.ts";
import { DELIVERY_LIMITS } from "./limits.ts";
import type { Queue } from "./queue.ts";
import type { Reporter } from "./report.ts";
import { Waiters } from "./waiters.ts";

export interface BatchOptions {
  readonly records: number;
  readonly bytes: number;
  readonly ms: number;
}

export interface SenderOptions {
  readonly queue: Queue;
  readonly delivery: Delivery;
  readonly batch: BatchOptions;
  readonly reporter: Reporter;
  /** A record that says how many were dropped. */
  readonly noticeOf: (dropped: number) => string;
}

/** A batch that was tried, or is to be. */
interface Pending {
  readonly key: string;
  chunk: Chunk;
  /** The record that tells how many were dropped, if it has one; it is none of the application's. */
  notice: string | undefined;
  /** How many it tells of. */
  told: number;
  tries: number;
  /** May be stored already: only to be sent again under the same key. */
  isUnsure: boolean;
  isUnderWay: boolean;
}

/** How records do, since the logger was made. */
export interface Counts {
  /** Acknowledged by the service. */
  readonly sent: number;
  /** Refused by the service for good. */
  readonly rejected: number;
  /** The oldest that made room for newer ones. */
  readonly dropped: number;
  readonly retries: number;
}

/** Takes records from the queue to the service, batch by batch, for as long as there are any. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #size: BatchSize;
  readonly #waiters = new Waiters();
  #pending: Pending | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #isDue = false;
  #closed = false;
  #failures = 0;
  /** When the next try may be, by `performance.now()`; before it only a flush may try. */
  #notBefore = 0;
  #askedToWait = false;
  #triedAt = -Infinity;
  #wake: (() => void) | undefined;
  #sent = 0;
  #rejected = 0;
  #dropped = 0;
  #told = 0;
  #retries = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#size = new BatchSize(options.batch.bytes);
  }

  get counts(): Counts {
    const [sent, rejected] = [this.#sent, this.#rejected];
    return { sent, rejected, dropped: this.#dropped, retries: this.#retries };
  }

  /** Records that are neither sent nor given up, and their text. */
  get waiting(): { readonly records: number; readonly bytes: number } {
    const { queue } = this.#options;
    const taken = this.#pending?.chunk;
    return {
      records: queue.length + (taken?.records ?? 0),
      bytes: queue.bytes + (taken?.size ?? 0),
    };
  }

  get isAway(): boolean {
    return this.#failures > 0;
  }

  /** On the application's hot path: no more than a push, in most calls. */
  push(line: string): void {
    const { queue, batch } = this.#options;
    if (this.#closed) {
      this.#dropped += 1;
      return;
    }
    queue.push(line);
    const taken = this.#pending?.chunk;
    if (taken === undefined ? queue.isOver(0, 0) : queue.isOver(taken.records, taken.size))
      this.#dropOldest();
    if (this.#timer === undefined) this.#schedule(batch.ms);
    else if (!this.#isDue && this.#isFull()) {
      this.#isDue = true;
      this.#schedule(0);
    }
  }

  /**
   * Waits until what was logged until now is sent, refused or dropped, for so long at most. Tries at
   * once where a try is due later, unless the service asked for the wait.
   * @returns whether nothing of it is left
   */
  async flush(ms: number): Promise<boolean> {
    const { records } = this.waiting;
    if (records === 0) return true;
    if (this.#closed) return false;
    const flushed = this.#waiters.wait(records, ms);
    const isRecent = performance.now() - this.#triedAt < DELIVERY_LIMITS.firstBackoffMs;
    if (!this.#askedToWait && !isRecent) {
      this.#notBefore = 0;
      this.#wake?.();
    }
    this.#start();
    return flushed;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#wake?.();
    this.#options.delivery.close();
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#start(), ms);
    this.#timer.unref();
  }

  #start(): void {
    this.#run().catch((error: unknown) => {
      this.#options.reporter.report(new NeuralLogError("NLC_FAILED", "the logger failed", error));
    });
  }

  #isFull(): boolean {
    const { queue, batch } = this.#options;
    return queue.length >= batch.records || queue.bytes >= this.#size.bytes;
  }

  #hasWork(): boolean {
    return (
      this.#pending !== undefined || this.#options.queue.length > 0 || this.#dropped > this.#told
    );
  }

  #dropOldest(): void {
    const taken = this.#pending;
    const { queue } = this.#options;
    while (queue.isOver(taken?.chunk.records ?? 0, taken?.chunk.size ?? 0)) {
      // What is on its way is no longer ours to drop.
      if (taken !== undefined && !taken.isUnderWay && taken.chunk.records > 0) {
        taken.chunk.shift();
        // What it would tell is no longer all.
        taken.notice = undefined;
        this.#waiters.gone(1, 0);
      } else if (queue.shift()) this.#waiters.gone(1, taken?.chunk.records ?? 0);
      else return;
      this.#dropped += 1;
    }
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    this.#isDue = true;
    clearTimeout(this.#timer);
    try {
      do {
        await this.#patience();
        const batch = this.#closed ? undefined : this.#next();
        if (batch === undefined) break;
        await this.#try(batch);
        // Little has come meanwhile: it waits for more, unless somebody waits for it.
      } while (this.#pending !== undefined || this.#isFull() || this.#waiters.count > 0);
    } finally {
      this.#running = false;
      this.#isDue = false;
      this.#timer = undefined;
      if (!this.#closed && this.#hasWork()) this.#schedule(this.#options.batch.ms);
    }
  }

  #next(): Pending | undefined {
    if (this.#pending !== undefined) {
      if (this.#pending.chunk.records > 0 || this.#pending.notice !== undefined)
        return this.#pending;
      this.#pending = undefined;
    }
    const { queue, batch, noticeOf } = this.#options;
    const told = this.#dropped - this.#told;
    const chunk = queue.take(batch.records, this.#size.bytes);
    if (chunk === undefined && told === 0) return undefined;
    this.#pending = {
      key: randomUUID(),
      chunk: chunk ?? Chunk.of([]),
      notice: told > 0 ? noticeOf(told) : undefined,
      told,
      tries: 0,
      isUnsure: false,
      isUnderWay: false,
    };
    return this.#pending;
  }

  /** Waits until the next try may be. */
  async #patience(): Promise<void> {
    for (;;) {
      const ms = this.#notBefore - performance.now();
      if (ms <= 0 || this.#closed) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        timer.unref();
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
  }

  async #try(batch: Pending): Promise<void> {
    batch.tries += 1;
    if (batch.tries > 1) this.#retries += 1;
    batch.isUnderWay = true;
    this.#triedAt = performance.now();
    const outcome = await this.#options.delivery.deliver({ body: bodyOf(batch), key: batch.key });
    batch.isUnderWay = false;
    if (this.#closed && outcome.kind !== "done") return;
    this.#settle(batch, outcome);
  }

  #settle(batch: Pending, outcome: Outcome): void {
    const { reporter } = this.#options;
    if (outcome.kind === "done") {
      const all = batch.chunk.records + (batch.notice === undefined ? 0 : 1);
      const accepted = Math.min(all, outcome.accepted);
      this.#accept(batch, accepted, all - accepted);
      this.#size.taken(batch.chunk.size);
      this.#letGo(batch);
      this.#failures = 0;
      this.#askedToWait = false;
      if (outcome.rejected > 0)
        reporter.report(
          new NeuralLogError("NLC_REJECTED", `${outcome.rejected} records were refused`),
        );
      else reporter.recovered();
      return;
    }
    reporter.report(outcome.error);
    if (outcome.kind === "too-large" && batch.chunk.records > 1) {
      this.#size.tooLarge(batch.chunk.size);
      this.#putBack(batch);
      return;
    }
    if (outcome.kind === "again") this.#again(batch, outcome);
    else this.#giveUp(batch);
    const afterMs = outcome.kind === "again" ? outcome.afterMs : undefined;
    this.#failures += 1;
    this.#askedToWait = afterMs !== undefined;
    this.#notBefore = performance.now() + (afterMs ?? backoff(this.#failures));
  }

  #accept(batch: Pending, accepted: number, rejected: number): void {
    // The notice is the first line: if anything of the batch was taken, it was.
    const isTold = batch.notice !== undefined && accepted > 0;
    if (isTold) this.#told += batch.told;
    this.#sent += accepted - (isTold ? 1 : 0);
    this.#rejected += rejected;
  }

  #again(batch: Pending, outcome: Extract<Outcome, { kind: "again" }>): void {
    batch.isUnsure ||= outcome.isUnsure;
    const { left, accepted = 0, rejected = 0 } = outcome;
    if (left !== undefined && accepted + rejected > 0) {
      this.#accept(batch, accepted, rejected);
      batch.notice = undefined;
      this.#waiters.someGone(batch.chunk.records, left.length);
      batch.chunk = Chunk.of(left);
    }
    if (outcome.isRefusal === true) {
      if (batch.tries >= DELIVERY_LIMITS.refusedTries) this.#giveUp(batch);
    }
    // Surely not stored: back to the others, so that the oldest of all are dropped first.
    else if (!batch.isUnsure) this.#putBack(batch);
  }

  #putBack(batch: Pending): void {
    this.#options.queue.unshift(batch.chunk);
    this.#pending = undefined;
  }

  #giveUp(batch: Pending): void {
    this.#rejected += batch.chunk.records;
    this.#letGo(batch);
  }

  #letGo(batch: Pending): void {
    this.#pending = undefined;
    this.#waiters.gone(batch.chunk.records, 0);
  }
}

function bodyOf({ chunk, notice }: Pending): Buffer {
  const body = chunk.body();
  if (notice === undefined) return body;
  return chunk.records === 0
    ? Buffer.from(notice)
    : Buffer.concat([Buffer.from(`${notice}\n`), body]);
}

/** Doubled with each failure; half of it by chance, so that those that failed together do not return together. */
function backoff(failures: number): number {
  const { firstBackoffMs, mostBackoffMs } = DELIVERY_LIMITS;
  const most = Math.min(mostBackoffMs, firstBackoffMs * 2 ** (failures - 1));
  return most * (0.5 + Math.random() * 0.5);
}
