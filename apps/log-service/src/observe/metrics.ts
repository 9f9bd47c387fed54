import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

import type { ErrorCode } from "../errors.ts";
import type { FollowSource } from "../follow/port.ts";
import type { LogStore, StoreHealth } from "../store/port.ts";

/** The doors that records come in by; one value for each, so that label sets stay small. */
export type Protocol =
  | "json"
  | "ndjson"
  | "text"
  | "mcp"
  | "loki"
  | "otlp"
  | "otlp-json"
  | "elasticsearch"
  | "gelf"
  | "syslog-tcp"
  | "syslog-udp";

// From a group commit on the same machine (2 ms) to the deadline after which callers get 503.
const COMMIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const QUERY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * What the service counts. Labels hold names that the configuration bounds (protocols, codes,
 * roles), never a caller's text: one series for each value that strangers invent would eat the memory.
 */
export class Metrics {
  readonly registry = new Registry();
  /** Events that followers missed. */
  droppedEvents = 0;
  readonly #recordsIn: Counter<"protocol">;
  readonly #bytesIn: Counter<"protocol">;
  readonly #rejected: Counter<"code">;
  readonly #refused: Counter<"code">;
  readonly #commit: Histogram;
  readonly #query: Histogram<"kind">;
  readonly #scanned: Counter;
  readonly #dropped: Counter;
  readonly #requests: Histogram<"route" | "status">;

  constructor() {
    const registers = [this.registry];
    // Includes the event loop's delay (nodejs_eventloop_lag_*), memory and CPU of the process.
    collectDefaultMetrics({ register: this.registry });
    this.#recordsIn = new Counter({
      name: "neurallog_records_in_total",
      help: "Records stored and acknowledged",
      labelNames: ["protocol"],
      registers,
    });
    this.#bytesIn = new Counter({
      name: "neurallog_bytes_in_total",
      help: "Bytes of bodies with records, after decompression",
      labelNames: ["protocol"],
      registers,
    });
    this.#rejected = new Counter({
      name: "neurallog_records_rejected_total",
      help: "Records that were not stored, by the reason's code",
      labelNames: ["code"],
      registers,
    });
    this.#refused = new Counter({
      name: "neurallog_requests_refused_total",
      help: "Requests answered with an error, by its code",
      labelNames: ["code"],
      registers,
    });
    this.#commit = new Histogram({
      name: "neurallog_commit_seconds",
      help: "From a parsed batch to its acknowledgement by the store",
      buckets: COMMIT_SECONDS,
      registers,
    });
    this.#query = new Histogram({
      name: "neurallog_query_seconds",
      help: "One answer to a question about logs, by its kind",
      labelNames: ["kind"],
      buckets: QUERY_SECONDS,
      registers,
    });
    this.#scanned = new Counter({
      name: "neurallog_query_scanned_bytes_total",
      help: "Bytes decompressed by searches",
      registers,
    });
    this.#dropped = new Counter({
      name: "neurallog_follow_dropped_total",
      help: "Events that followers missed because they read too slowly",
      registers,
    });
    this.#requests = new Histogram({
      name: "neurallog_http_request_seconds",
      help: "Requests by route and status",
      labelNames: ["route", "status"],
      buckets: COMMIT_SECONDS,
      registers,
    });
  }

  stored(protocol: Protocol, records: number, bytes: number, seconds: number): void {
    this.#recordsIn.inc({ protocol }, records);
    this.#bytesIn.inc({ protocol }, bytes);
    this.#commit.observe(seconds);
  }

  rejected(code: ErrorCode): void {
    this.#rejected.inc({ code });
  }

  refused(code: ErrorCode): void {
    this.#refused.inc({ code });
  }

  /** @param kind One of the engine's kinds of questions. */
  searched(kind: string, seconds: number, scannedBytes: number): void {
    this.#query.observe({ kind }, seconds);
    this.#scanned.inc(scannedBytes);
  }

  dropped(events: number): void {
    this.droppedEvents += events;
    this.#dropped.inc(events);
  }

  answered(route: string, status: number, seconds: number): void {
    this.#requests.observe({ route, status: String(status) }, seconds);
  }

  watchFollow(follow: FollowSource): void {
    this.#gauge("neurallog_followers", "Connections that follow the logs", () => {
      return follow.stats().followers;
    });
    this.#gauge("neurallog_follow_filters", "Distinct filters that are followed", () => {
      return follow.stats().filters;
    });
    this.#counter("neurallog_follow_events_total", "Events handed to followers", () => {
      return follow.stats().events;
    });
  }

  /** Adds what the store knows, asked for at each scrape. */
  watchStore(store: LogStore, lastHealth: () => StoreHealth): void {
    this.#gauge("neurallog_store_up", "1 while the store takes writes", () =>
      lastHealth().ready ? 1 : 0,
    );
    this.#gauge("neurallog_queue_records", "Records that wait for a commit", () => {
      return store.stats().waitingRecords;
    });
    this.#counter("neurallog_blocks_committed_total", "Blocks committed by this process", () => {
      return store.stats().commits;
    });
    this.#counter("neurallog_block_bytes_committed_total", "Their bytes, compressed", () => {
      return store.stats().committedBytes;
    });
    this.#counter(
      "neurallog_commit_retries_total",
      "Commits sent again after a lost answer",
      () => {
        return store.stats().retriedCommits;
      },
    );
    this.#counter("neurallog_commit_failures_total", "Commits that were given up", () => {
      return store.stats().failedCommits;
    });
  }

  /** Asked for at each scrape. */
  #gauge(name: string, help: string, read: () => number): Gauge {
    return new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  #counter(name: string, help: string, read: () => number): Counter {
    return new Counter({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
}
