import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

import { LIMITS } from "../limits.ts";
import type { Channel, Note, TapEvent, TapReport } from "../observe/events.ts";
import { now, type Observer } from "../observe/observer.ts";
import { Counters } from "./counters.ts";
import { costOf } from "./desk.ts";
import type { RecordConfig } from "./settings.ts";

export interface RecordingOptions extends RecordConfig {
  /** Tells a person something. */
  readonly say: (text: string) => void;
  /** The program of the recording thread; tests have others. */
  readonly thread?: URL;
}

/** How the tap does, as its health endpoint says it. */
export interface RecordingState {
  readonly messages: { readonly to_server: number; readonly to_client: number };
  readonly recorded: number;
  readonly queued: number;
  /** Records that never will be stored, and pieces that were forwarded without being looked at. */
  readonly dropped: number;
  readonly unread_pieces: number;
  readonly log_service: {
    readonly url: string;
    readonly connected: boolean | null;
    readonly last_error: { readonly at: string; readonly reason: string } | null;
  };
}

/** Names a stream that nobody looks at. */
const UNSEEN = 0;

/**
 * Hands over what is forwarded to a thread that records it. What that thread has no room for is forwarded all the
 * same and counted; a thread that dies is started again.
 */
export class Recording implements Observer {
  readonly #options: RecordingOptions;
  readonly #counters = new Counters();
  #worker: Worker;
  /** What was handed over since the start, as `handled` counts it. */
  #handed = 0;
  #batch: TapEvent[] = [];
  #buffers: ArrayBuffer[] = [];
  #streams = 0;
  readonly #channels = new Map<number, Channel>();
  readonly #gapped = new Set<number>();
  #gaps = 0;
  #lastError: { readonly at: string; readonly reason: string } | null = null;
  #isEnding = false;

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.#worker = this.#start();
  }

  open(channel: Channel): number {
    // A thread that hangs must not be handed connections without end either.
    if (!this.#hasRoom(0)) {
      this.#gaps += 1;
      return UNSEEN;
    }
    this.#streams += 1;
    this.#channels.set(this.#streams, channel);
    this.#post({ kind: "open", stream: this.#streams, channel });
    return this.#streams;
  }

  data(stream: number, bytes: Uint8Array): void {
    if (stream === UNSEEN) return;
    if (!this.#hasRoom(bytes.length)) {
      this.#gaps += 1;
      // Once for each gap, however long it is.
      if (!this.#gapped.has(stream)) this.#post({ kind: "gap", stream });
      this.#gapped.add(stream);
      return;
    }
    this.#gapped.delete(stream);
    // A chunk is mostly a piece of a buffer that Node shares: cloned as it stands, all of that would go along.
    const copy = new Uint8Array(bytes);
    this.#post({ kind: "data", stream, at: now(), bytes: copy }, copy.buffer);
  }

  close(stream: number): void {
    if (!this.#channels.delete(stream)) return;
    this.#gapped.delete(stream);
    this.#post({ kind: "close", stream, at: now() });
  }

  note(note: Note): void {
    if (this.#hasRoom(0)) this.#post({ kind: "note", at: now(), note });
  }

  state(): RecordingState {
    const counters = this.#counters;
    const connected = counters.get("connected");
    return {
      messages: {
        to_server: counters.get("messagesToServer"),
        to_client: counters.get("messagesToClient"),
      },
      recorded: counters.get("recorded"),
      queued: counters.get("queued"),
      dropped: counters.get("dropped"),
      unread_pieces: this.#gaps,
      log_service: {
        url: this.#options.url,
        connected: connected === 0 ? null : connected === 2,
        last_error: this.#lastError,
      },
    };
  }

  /** Records what is still to be recorded, for a bounded time. */
  async end(): Promise<void> {
    this.#isEnding = true;
    const exited = once(this.#worker, "exit");
    this.#post({ kind: "end" });
    this.#handOver();
    await Promise.race([exited, sleep(LIMITS.endWholeMs, undefined, { ref: false })]);
    await this.#worker.terminate();
  }

  #hasRoom(bytes: number): boolean {
    return this.#handed - this.#counters.get("handled") + bytes <= LIMITS.handoverBytes;
  }

  /** Hands over what there is once all that came in with it was forwarded, at once: that is one wake-up for many. */
  #post(event: TapEvent, buffer?: ArrayBuffer): void {
    if (event.kind !== "end") this.#handed += costOf(event);
    if (this.#batch.length === 0) setImmediate(() => this.#handOver());
    this.#batch.push(event);
    if (buffer !== undefined) this.#buffers.push(buffer);
  }

  #handOver(): void {
    const [batch, buffers] = [this.#batch, this.#buffers];
    [this.#batch, this.#buffers] = [[], []];
    if (batch.length > 0) this.#worker.postMessage(batch, buffers);
  }

  #start(): Worker {
    const { say, thread = new URL("./thread.ts", import.meta.url), ...settings } = this.#options;
    const worker = new Worker(thread, {
      workerData: { ...settings, counters: this.#counters.shared },
      // The key is in its settings, and the server's own variables are none of its business.
      env: {},
      resourceLimits: {
        maxOldGenerationSizeMb: LIMITS.heapMib,
        maxYoungGenerationSizeMb: LIMITS.youngMib,
      },
    });
    worker.on("message", (report: TapReport) => {
      if (report.kind === "say") say(report.text);
      else this.#lastError = { at: report.at, reason: report.reason };
    });
    worker.on("error", (error: Error) => {
      this.#lastError = {
        at: new Date().toISOString(),
        reason: `recording died: ${error.message}`,
      };
    });
    worker.once("exit", () => {
      if (this.#isEnding) return;
      say(`recording ended and starts again: ${this.#lastError?.reason ?? ""}`);
      setTimeout(() => this.#restart(), LIMITS.restartMs).unref();
    });
    return worker;
  }

  #restart(): void {
    if (this.#isEnding) return;
    // What the dead one was given and did not get to is gone with it, and what waits here belongs to it.
    [this.#batch, this.#buffers] = [[], []];
    this.#counters.set("handled", this.#handed);
    this.#worker = this.#start();
    // Streams that go on are taken up in the middle.
    for (const [stream, channel] of this.#channels) {
      this.#post({ kind: "open", stream, channel });
      this.#post({ kind: "gap", stream });
    }
  }
}
