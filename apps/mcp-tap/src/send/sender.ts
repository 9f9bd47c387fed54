import { setTimeout as sleep } from "node:timers/promises";

import { ConnectionError, ResponseError, type LogInput, type WriteResult } from "@neurallog/client";

import { reasonOf } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { RecordQueue } from "./queue.ts";

export interface SenderOptions {
  /** Stores a batch; the same batch with the same key twice is stored once. */
  readonly write: (
    records: readonly LogInput[],
    options: { readonly idempotencyKey: string; readonly signal: AbortSignal },
  ) => Promise<WriteResult>;
  /** Told after every try. */
  readonly onChange: (state: SenderState) => void;
  /** A record that says how many were dropped, for those who read what is left. */
  readonly dropNote: (dropped: number) => LogInput;
  readonly queue?: RecordQueue;
  readonly waits?: {
    readonly flushMs: number;
    readonly firstMs: number;
    readonly lastMs: number;
  };
}

export interface SenderState {
  readonly recorded: number;
  /** Not recorded and never will be: too many waited, or the service refused them. */
  readonly dropped: number;
  readonly queued: number;
  /** undefined until the first try is over. */
  readonly isConnected: boolean | undefined;
  readonly error?: string | undefined;
}

/** How long the end may take while the log service is away, and otherwise. */
export interface EndLimits {
  readonly awayMs: number;
  readonly ms: number;
}

const END_CHECK_MS = 20;

const WAITS = {
  flushMs: LIMITS.flushMs,
  firstMs: LIMITS.retryFirstMs,
  lastMs: LIMITS.retryLastMs,
};

/** Sends records in batches, one at a time, for as long as it takes; never throws and never blocks who adds. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #queue: RecordQueue;
  readonly #waits: NonNullable<SenderOptions["waits"]>;
  readonly #stop = new AbortController();
  #recorded = 0;
  #refused = 0;
  #told = 0;
  #inFlight = 0;
  #isConnected: boolean | undefined;
  #error: string | undefined;
  #running: Promise<void> | undefined;
  #isEnding = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#queue = options.queue ?? new RecordQueue();
    this.#waits = options.waits ?? WAITS;
  }

  add(records: readonly LogInput[]): void {
    for (const record of records) this.#queue.add(record);
    if (this.#queue.size > 0) this.#running ??= this.#run();
  }

  get state(): SenderState {
    return {
      recorded: this.#recorded,
      dropped: this.#queue.dropped + this.#refused,
      queued: this.#queue.size + this.#inFlight,
      isConnected: this.#isConnected,
      error: this.#error,
    };
  }

  /** Sends what waits, for at most so long, and then no more. */
  async end(limits: EndLimits = { awayMs: LIMITS.endAwayMs, ms: LIMITS.endMs }): Promise<void> {
    this.#isEnding = true;
    const started = performance.now();
    const isLate = () =>
      performance.now() - started > (this.#isConnected === false ? limits.awayMs : limits.ms);
    while (this.#running !== undefined && !isLate())
      await Promise.race([this.#running, sleep(END_CHECK_MS)]);
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    try {
      if (!this.#isEnding) await sleep(this.#waits.flushMs, undefined, { signal });
      while (this.#queue.size > 0 && !signal.aborted) await this.#sendOne(signal);
    } catch {
      // The end: what was not sent is gone.
    } finally {
      this.#running = undefined;
    }
  }

  async #sendOne(signal: AbortSignal): Promise<void> {
    const { dropped } = this.#queue;
    const note = dropped > this.#told ? [this.#options.dropNote(dropped - this.#told)] : [];
    const batch = [...note, ...this.#queue.take()];
    this.#inFlight = batch.length;
    await this.#send(batch, dropped, signal);
  }

  /** @param dropped How many were dropped when the batch was made: it tells of them. */
  async #send(batch: readonly LogInput[], dropped: number, signal: AbortSignal): Promise<void> {
    const idempotencyKey = crypto.randomUUID();
    for (let waitMs = this.#waits.firstMs; ; waitMs = Math.min(waitMs * 2, this.#waits.lastMs)) {
      try {
        const { accepted, rejected } = await this.#options.write(batch, { idempotencyKey, signal });
        this.#told = dropped;
        this.#done(batch.length, accepted, rejected.length, rejected[0]?.message);
        return;
      } catch (error) {
        const middle = Math.ceil(batch.length / 2);
        if (isTooLong(error) && middle < batch.length) {
          await this.#send(batch.slice(0, middle), dropped, signal);
          await this.#send(batch.slice(middle), dropped, signal);
          return;
        }
        if (!isPassing(error)) {
          this.#done(batch.length, 0, batch.length, reasonOf(error));
          return;
        }
        this.#isConnected = false;
        this.#error = reasonOf(error);
        this.#options.onChange(this.state);
        // Jitter, so that taps that were refused together do not come back together.
        await sleep(waitMs * (0.75 + Math.random() * 0.5), undefined, { signal });
      }
    }
  }

  #done(sent: number, recorded: number, refused: number, error: string | undefined): void {
    this.#inFlight -= sent;
    this.#recorded += recorded;
    this.#refused += refused;
    this.#isConnected = true;
    // The last error stays until there is another: it says why something is missing.
    if (error !== undefined) this.#error = error;
    this.#options.onChange(this.state);
  }
}

/** What stands before the service takes less at once than the service does. */
function isTooLong(error: unknown): boolean {
  return error instanceof ResponseError && error.status === 413;
}

/**
 * Whether it may be over the next time. A key may be restored, a role given, a service be put where another one
 * answered: nothing of it is the records' fault.
 */
function isPassing(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  if (!(error instanceof ResponseError)) return false;
  return error.retryable || error.status >= 500 || [401, 403, 404].includes(error.status);
}
