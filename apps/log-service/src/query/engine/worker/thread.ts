import {
  MessageChannel,
  Worker,
  type MessagePort,
  type TransferListItem,
} from "node:worker_threads";

import { ServiceError } from "../../../errors.ts";
import { ENGINE_LIMITS } from "../../../limits.ts";
import { leaveThreadsTheirBounds } from "./own-bounds.ts";
import { fromPlain, type FromThread, type ToThread } from "./protocol.ts";

type Answered = Extract<FromThread, { readonly kind: "answered" }>;
type Streamed = Extract<FromThread, { readonly kind: "chunk" | "ended" | "checked" }>;

interface Waiting {
  readonly resolve: (message: Answered | Streamed) => void;
  readonly reject: (error: ServiceError) => void;
}

export interface ThreadOptions {
  /** The module that the thread runs: it calls `serveQuestions`. */
  readonly entry: URL;
  /** Given to it as `workerData`. */
  readonly data: unknown;
  /** Told when the thread ended of itself; the next call starts another one. */
  readonly onDeath: (reason: Error) => void;
}

/** One thread, started again when it died, and the calls that wait for it. */
export class QueryThread {
  readonly #options: ThreadOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  /** Until when no thread is started, as the last one died before it had started. */
  #restDeadline = 0;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  /** Calls under way. */
  get load(): number {
    return this.#waiting.size;
  }

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  start(): void {
    this.#running();
  }

  /** Sends a message whose answer comes with its id. */
  call(id: number, message: ToThread): Promise<Answered | Streamed> {
    return new Promise((resolve, reject) => {
      this.#running().postMessage(message);
      this.#waiting.set(id, { resolve, reject });
    });
  }

  /** Forgets a call: its answer, if one still comes, is for nobody. */
  forget(id: number): void {
    this.#waiting.delete(id);
  }

  /** Sends a message that has no answer, unless the thread is gone anyway. */
  tell(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  /** @returns This side's end; it closes when the thread ends. */
  open(service: string, data: unknown): MessagePort {
    const { port1, port2 } = new MessageChannel();
    const message: ToThread = { kind: "open", service, data, port: port2 };
    const transfer: TransferListItem[] = [port2];
    this.#running().postMessage(message, transfer);
    return port1;
  }

  async kill(): Promise<void> {
    await this.#worker?.terminate();
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#rejectAll(new ServiceError("NL_DRAINING"));
    await worker?.terminate();
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    if (performance.now() < this.#restDeadline) throw failed();
    leaveThreadsTheirBounds();
    const worker = new Worker(this.#options.entry, {
      workerData: this.#options.data,
      resourceLimits: {
        maxOldGenerationSizeMb: ENGINE_LIMITS.heapMiB,
        maxYoungGenerationSizeMb: ENGINE_LIMITS.youngMiB,
      },
    });
    let hasStarted = false;
    let reason = new Error("the query thread ended");
    worker.on("message", (message: FromThread) => {
      if (message.kind === "started") hasStarted = true;
      else this.#settle(message);
    });
    worker.on("error", (error: unknown) => {
      reason = error instanceof Error ? error : new Error(String(error));
    });
    worker.on("exit", () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      if (!hasStarted) this.#restDeadline = performance.now() + ENGINE_LIMITS.restartMs;
      this.#rejectAll(failed());
      this.#options.onDeath(reason);
    });
    this.#worker = worker;
    return worker;
  }

  #settle(message: Exclude<FromThread, { readonly kind: "started" }>): void {
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id);
    if (message.kind === "failed") waiting.reject(fromPlain(message.error));
    else waiting.resolve(message);
  }

  #rejectAll(error: ServiceError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}

function failed(): ServiceError {
  return new ServiceError("NL_QUERY_FAILED", undefined, { retryAfterSeconds: 1 });
}
