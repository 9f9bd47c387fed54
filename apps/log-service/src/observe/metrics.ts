import { collectDefaultMetrics, Counter, Histogram, Registry } from "prom-client";

import type { ErrorCode } from "../errors.ts";
import { OBSERVE_LIMITS } from "../limits.ts";
import type { FollowSource } from "../follow/port.ts";
import { counter, gauge } from "./asked.ts";
import { NamespaceLabels } from "./namespace-labels.ts";
import { StoredSums } from "./stored-sums.ts";

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

export type NamespaceCount = readonly [namespace: string, records: number];

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
  /** The namespaces that have series of their own, in all metrics that have some by namespace. */
  readonly namespaces = new NamespaceLabels();
  readonly #stored: StoredSums;
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
    collectDefaultMetrics({
      register: this.registry,
      eventLoopMonitoringPrecision: OBSERVE_LIMITS.loopLookMs,
    });
    this.#stored = new StoredSums(this.registry, this.namespaces);
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

  /** @param counts Records of each namespace. */
  stored(
    protocol: Protocol,
    counts: Iterable<NamespaceCount>,
    bytes: number,
    seconds: number,
  ): void {
    let all = 0;
    for (const [, records] of counts) all += records;
    for (const [name, records] of counts) {
      this.#stored.add(protocol, name, records, (bytes * records) / all);
    }
    this.#commit.observe(seconds);
  }

  rejected(code: ErrorCode): void {
    this.#rejected.inc({ code });
  }

  refused(code: ErrorCode): void {
    this.#refused.inc({ code });
  }

  /** @param kind One of the engine's kinds of questions, or `export`. */
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
    const { registry } = this;
    gauge(registry, "neurallog_followers", "Connections that follow the logs", () => [
      [follow.stats().followers],
    ]);
    gauge(registry, "neurallog_follow_filters", "Distinct filters that are followed", () => [
      [follow.stats().filters],
    ]);
    counter(registry, "neurallog_follow_events_total", "Events handed to followers", () => [
      [follow.stats().events],
    ]);
  }
}
