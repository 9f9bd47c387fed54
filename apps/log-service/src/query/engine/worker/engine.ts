import type { MessagePort } from "node:worker_threads";

import { ServiceError } from "../../../errors.ts";
import { HEALTH_LIMITS } from "../../../limits.ts";
import type { LogRecord } from "../../../record/record.ts";
import { asValues, linesOf, settledOr } from "../on-caller.ts";
import type {
  AnswerFormat,
  EncodedAnswer,
  ExportQuestion,
  QueryEngine,
  RecordsQuestion,
} from "../port.ts";
import type { AnswerOf, Question, QuestionKind } from "../questions.ts";
import { QueryThread } from "./thread.ts";

export interface WorkerEngineOptions {
  /** The module that a thread runs: it makes a store of its own and calls `serveQuestions`. */
  readonly entry: URL;
  /** What it makes the store of, as `workerData`. */
  readonly data: unknown;
  /** One when left out: with two cores a second one takes from ingest what it gives to searches. */
  readonly threads?: number;
  /** Told when a thread ended of itself; another one is started when it is needed. */
  readonly onDeath?: (reason: Error) => void;
}

/** An engine whose work is done by threads; its threads run other services on their stores too. */
export interface WorkerEngine extends QueryEngine {
  /** Starts the threads now and not with the first question, so that they have headers by then. */
  start(): void;
  /**
   * A line to a service of the first thread's entry module. The port closes when the thread ends,
   * and may then be opened anew.
   */
  open(service: string, data: unknown): MessagePort;
  /** Ends the threads as a fault of theirs would: for tests of what then happens. */
  kill(): Promise<void>;
}

export function createWorkerEngine(options: WorkerEngineOptions): WorkerEngine {
  return new ThreadedEngine(options);
}

class ThreadedEngine implements WorkerEngine {
  readonly #first: QueryThread;
  readonly #threads: readonly QueryThread[];
  deaths = 0;
  #lastId = 0;
  #closed = false;

  constructor(options: WorkerEngineOptions) {
    const { entry, data, threads = 1 } = options;
    const onDeath = (reason: Error): void => {
      this.deaths += 1;
      options.onDeath?.(reason);
    };
    this.#first = new QueryThread({ entry, data, onDeath });
    const others = Array.from(
      { length: threads - 1 },
      () => new QueryThread({ entry, data, onDeath }),
    );
    this.#threads = [this.#first, ...others];
  }

  start(): void {
    for (const thread of this.#threads) thread.start();
  }

  open(service: string, data: unknown): MessagePort {
    this.#assertOpen();
    return this.#first.open(service, data);
  }

  async ask<K extends QuestionKind>(
    question: Question & { readonly kind: K },
    signal?: AbortSignal,
  ): Promise<AnswerOf<K>> {
    return asValues<K>(await this.answer(question, "json", signal));
  }

  async answer(
    question: Question,
    format: AnswerFormat,
    signal?: AbortSignal,
  ): Promise<EncodedAnswer> {
    this.#assertOpen();
    signal?.throwIfAborted();
    const thread = this.#leastBusy();
    const id = (this.#lastId += 1);
    const cancel = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    try {
      const call = thread.call(id, { kind: "answer", id, question, format, cancel });
      const message = await settledOr(call, signal);
      if (message.kind !== "answered") throw new ServiceError("NL_QUERY_FAILED");
      return { body: message.body, work: message.work };
    } finally {
      if (signal?.aborted === true) raise(cancel);
      thread.forget(id);
    }
  }

  export(question: ExportQuestion, signal?: AbortSignal): AsyncIterable<EncodedAnswer> {
    return this.#stream(question, "export", signal);
  }

  async *records(
    question: RecordsQuestion,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly LogRecord[]> {
    for await (const { body } of this.#stream(question, "records", signal)) yield linesOf(body);
  }

  async *#stream(question: ExportQuestion, lines: "export" | "records", signal?: AbortSignal) {
    this.#assertOpen();
    signal?.throwIfAborted();
    const thread = this.#leastBusy();
    const id = (this.#lastId += 1);
    const cancel = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const more = () => {
      const next = thread.call(id, { kind: "more", id });
      next.catch(() => undefined);
      return next;
    };
    thread.start();
    thread.tell({ kind: "stream", id, question, lines, cancel });
    try {
      for (let next = more(); ;) {
        const message = await settledOr(next, signal);
        if (message.kind !== "chunk") return;
        // One is made while the one before is read.
        next = more();
        yield { body: message.body, work: message.work };
      }
    } finally {
      raise(cancel);
      thread.forget(id);
      thread.tell({ kind: "leave", id });
    }
  }

  async check(): Promise<void> {
    this.#assertOpen();
    await Promise.all(
      this.#threads.map(async (thread) => {
        if (!thread.isRunning) {
          thread.start();
          throw new ServiceError("NL_QUERY_FAILED", undefined, { retryAfterSeconds: 1 });
        }
        const id = (this.#lastId += 1);
        const late = AbortSignal.timeout(HEALTH_LIMITS.checkMs);
        try {
          await settledOr(thread.call(id, { kind: "check", id }), late);
        } catch (error) {
          if (!late.aborted) throw error;
          throw new ServiceError("NL_QUERY_FAILED", "The query thread does not answer");
        } finally {
          thread.forget(id);
        }
      }),
    );
  }

  async kill(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.kill()));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #leastBusy(): QueryThread {
    return this.#threads.reduce((best, thread) => (thread.load < best.load ? thread : best));
  }

  #assertOpen(): void {
    if (this.#closed) throw new ServiceError("NL_DRAINING");
  }
}

function raise(cancel: SharedArrayBuffer): void {
  Atomics.store(new Int32Array(cancel), 0, 1);
}
