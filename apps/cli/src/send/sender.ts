import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ConnectionError,
  NeuralLogError,
  type LogInput,
  type WriteResult,
} from "@neurallog/client";
import { CliError, EXIT, explain, exitOf } from "../errors.ts";
import { LIMITS } from "../limits.ts";

/** A record with the place that it came from, as a person would look for it. */
export interface Outgoing {
  readonly record: LogInput;
  readonly place: string;
}

export interface Rejected {
  readonly place: string;
  readonly code: string;
  readonly message: string;
}

/** @param key Names the batch: sent again under it, it is stored once. */
export type Write = (records: readonly LogInput[], key: string) => Promise<WriteResult>;

/**
 * Sends records in batches, one after the other, while the next one fills. Order is kept: of two records with the
 * same timestamp the one that was written first is found first.
 */
export class Sender {
  readonly #write: Write;
  readonly #stored: (ids: readonly string[]) => void | Promise<void>;
  #batch: Outgoing[] = [];
  #units = 0;
  #sending: Promise<void> = Promise.resolve();
  #failure: Error | undefined;
  accepted = 0;
  /** How many were rejected; of a stream without an end only the first ones are named. */
  rejections = 0;
  readonly rejected: Rejected[] = [];

  constructor(write: Write, stored: (ids: readonly string[]) => void | Promise<void> = () => {}) {
    this.#write = write;
    this.#stored = stored;
  }

  /** Resolves as soon as there is room for the next one. @throws what the batch before failed with. */
  async add(item: Outgoing): Promise<void> {
    this.#check();
    this.#batch.push(item);
    this.#units += item.record.message.length;
    if (this.#batch.length >= LIMITS.batchRecords || this.#units >= LIMITS.batchUnits) {
      await this.#sending;
      this.flush();
    }
  }

  /** Sends what is held, after what is on its way. */
  flush(): void {
    const batch = this.#batch;
    if (batch.length === 0 || this.#failure !== undefined) return;
    this.#batch = [];
    this.#units = 0;
    this.#sending = this.#sending.then(() => this.#send(batch));
  }

  /** Resolves when everything is acknowledged. @throws CliError that names the first line that is not stored. */
  async finish(): Promise<void> {
    this.flush();
    await this.#sending;
    this.#check();
  }

  async #send(batch: readonly Outgoing[]): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      const result = await this.#written(batch.map(({ record }) => record));
      this.accepted += result.accepted;
      this.rejections += result.rejected.length;
      const room = Math.max(0, LIMITS.keptRejections - this.rejected.length);
      for (const { index, code, message } of result.rejected.slice(0, room)) {
        this.rejected.push({ place: batch[index]?.place ?? "?", code, message });
      }
      await this.#stored(result.ids.filter((id) => id !== null));
    } catch (error) {
      this.#failure = notSent(batch[0]?.place ?? "?", this.accepted, error);
    }
  }

  /** Waits for a service that it has reached before and that restarts: a program that logs through a pipe lives on. */
  async #written(records: readonly LogInput[]): Promise<WriteResult> {
    const key = randomUUID();
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#write(records, key);
      } catch (error) {
        // What else may pass was tried again by whoever writes.
        const wasRefused = error instanceof ConnectionError && error.refused;
        if (!wasRefused || this.accepted === 0 || attempt >= LIMITS.reconnects) throw error;
        await sleep(LIMITS.reconnectMs);
      }
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function notSent(place: string, accepted: number, error: unknown): CliError {
  // Nobody answered: the batch may be in the store or not, and only a second one like it could tell.
  const unsure =
    error instanceof ConnectionError && !error.refused
      ? "; whether the batch on its way was stored is unknown"
      : "";
  const exit = error instanceof NeuralLogError ? exitOf(error) : EXIT.unavailable;
  return new CliError(
    "CLI_NOT_SENT",
    `${explain(error)}; not sent from ${place} on, ${accepted.toLocaleString("en")} stored before it${unsure}`,
    { cause: error, exit },
  );
}
