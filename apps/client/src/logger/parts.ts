import { types } from "node:util";

import { NeuralLogError } from "../errors.ts";
import { HttpDelivery } from "./deliver/http.ts";
import { KeySource } from "./deliver/key.ts";
import type { Delivery } from "./deliver/port.ts";
import { WebSocketDelivery } from "./deliver/websocket.ts";
import { Encoder, NO_TRACE, type Bound, type TraceIds } from "./encode/encoder.ts";
import { flushAtExit, noLongerAtExit } from "./exit.ts";
import { LevelFollower } from "./follow-levels.ts";
import { SILENT } from "./level.ts";
import { headsOf, LineWriter } from "./line.ts";
import type { LoggerOptions, Settings } from "./options.ts";
import { Queue } from "./queue.ts";
import { Reporter } from "./report.ts";
import { Sender } from "./sender.ts";
import type { LoggerStats } from "./stats.ts";
import { Thresholds, type Threshold } from "./thresholds.ts";
import { activeTrace } from "./trace.ts";
import { VERSION } from "./version.ts";

const NOTICE_LEVEL = 3;

/** What a logger and its children share: everything but names, levels and bindings. */
export class Parts {
  readonly #settings: Settings;
  readonly #thresholds: Thresholds;
  readonly #encoder: Encoder;
  readonly #lines: LineWriter;
  readonly #reporter: Reporter;
  readonly #sender: Sender | undefined;
  readonly #follower: LevelFollower | undefined;
  #closing: Promise<boolean> | undefined;

  constructor(settings: Settings, options: LoggerOptions) {
    this.#settings = settings;
    this.#reporter = new Reporter(options);
    for (const problem of settings.problems) this.#reporter.report(problem);
    this.#thresholds = new Thresholds(settings.namespace);
    this.#encoder = this.#makeEncoder(options);
    this.#lines = new LineWriter({
      encoder: this.#encoder,
      activeTrace: guarded(options.trace) ?? activeTrace,
      isStrict: settings.transport === "websocket",
    });
    const { url } = settings;
    if (url === undefined) return;
    const key = new KeySource(settings.key, settings.keyFile);
    const { component, namespace, connectMs, answerMs, batch, queue } = settings;
    const shared = { url, key, namespace, connectMs, answerMs, ca: options.ca, version: VERSION };
    const delivery: Delivery =
      settings.transport === "http" ? new HttpDelivery(shared) : new WebSocketDelivery(shared);
    this.#sender = new Sender({
      queue: new Queue(queue.records, queue.bytes),
      delivery,
      batch,
      reporter: this.#reporter,
      noticeOf: (dropped) => noticeOf(component, dropped),
    });
    flushAtExit(this.#sender);
    if (settings.levelsUrl !== undefined) {
      this.#follower = new LevelFollower({
        url: settings.levelsUrl,
        key,
        connectMs,
        ca: options.ca,
        onLevels: (levels) => this.#thresholds.follow(levels),
      });
    }
  }

  report(problem: NeuralLogError): void {
    this.#reporter.report(problem);
  }

  thresholdOf(component: string, configured: number): Threshold {
    if (this.#sender === undefined) return { least: SILENT };
    return this.#thresholds.of(component, configured);
  }

  bind(bindings: unknown, parent: Bound): Bound {
    try {
      return this.#encoder.bind(bindings, parent);
    } catch {
      return parent;
    }
  }

  write(head: string, message: unknown, fields: unknown, bound: Bound, timeMs?: number): void {
    try {
      // An error alone is a message and a field.
      const given = fields === undefined && types.isNativeError(message) ? message : fields;
      const line = this.#lines.line(head, message, given, bound, timeOf(timeMs));
      this.#sender?.push(line);
    } catch (error) {
      this.#reporter.report(
        new NeuralLogError("NLC_FAILED", "a record could not be written", error),
      );
    }
  }

  async flush(timeoutMs: number | undefined): Promise<boolean> {
    return this.#sender?.flush(this.#within(timeoutMs)) ?? true;
  }

  /** Once: further calls answer the same. */
  close(timeoutMs: number | undefined): Promise<boolean> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  stats(): Omit<LoggerStats, "level"> {
    const sender = this.#sender;
    const counts = sender?.counts ?? { sent: 0, rejected: 0, dropped: 0, retries: 0 };
    const waiting = sender?.waiting ?? { records: 0, bytes: 0 };
    return {
      enabled: sender !== undefined,
      ...counts,
      queued: waiting.records,
      queuedBytes: waiting.bytes,
      connected: sender !== undefined && !sender.isAway,
      lastError: this.#reporter.last,
    };
  }

  async #close(timeoutMs: number | undefined): Promise<boolean> {
    this.#follower?.close();
    if (this.#sender === undefined) return true;
    const isDone = await this.#sender.flush(this.#within(timeoutMs));
    noLongerAtExit(this.#sender);
    this.#sender.close();
    return isDone;
  }

  #within(timeoutMs: number | undefined): number {
    const { flushMs } = this.#settings;
    return typeof timeoutMs === "number" && timeoutMs >= 0 ? Math.min(timeoutMs, flushMs) : flushMs;
  }

  #makeEncoder({ redact }: LoggerOptions): Encoder {
    try {
      return new Encoder(redact);
    } catch (error) {
      this.#reporter.report(
        new NeuralLogError(
          "NLC_BAD_OPTION",
          "redact is not valid: the default names are used",
          error,
        ),
      );
      return new Encoder(undefined);
    }
  }
}

/** 13 digits, as every line begins with: any other time is now. */
function timeOf(given: number | undefined): number {
  if (given !== undefined && given >= 1e12 && given < 1e13) return Math.floor(given);
  return Date.now();
}

function noticeOf(component: string, dropped: number): string {
  const text = `${dropped} log records were dropped: they came faster than the log service took them`;
  const head = headsOf(component)[NOTICE_LEVEL] ?? "";
  return `{"timestamp":${Date.now()}${head}"${text}","data":{"dropped":${dropped}}}`;
}

function guarded(
  trace: (() => Partial<TraceIds> | undefined) | undefined,
): (() => TraceIds) | undefined {
  if (trace === undefined) return undefined;
  return () => {
    try {
      const { traceId = "", spanId = "" } = trace() ?? {};
      return typeof traceId === "string" && typeof spanId === "string"
        ? { traceId, spanId }
        : NO_TRACE;
    } catch {
      return NO_TRACE;
    }
  };
}
