import { counter, gauge } from "./asked.ts";
import type { EventLoopDelay } from "./event-loop.ts";
import type { Metrics } from "./metrics.ts";

/** Adds how the process itself does. */
export function watchProcess({ registry }: Metrics, loop: EventLoopDelay): void {
  gauge(
    registry,
    "neurallog_event_loop_delay_seconds",
    "How long the main thread kept others waiting in the last minute or two; quantile 1 is the longest",
    () => {
      const { p50, p99, max } = loop.read();
      const samples: [string, number][] = [
        ["0.5", p50],
        ["0.99", p99],
        ["1", max],
      ];
      return samples.map(([quantile, ms]) => [ms / 1_000, { quantile }]);
    },
    ["quantile"],
  );
}

/** Adds how often threads died and were started again. */
export function watchThreads(
  { registry }: Metrics,
  deaths: () => Readonly<Record<"query" | "work", number>>,
): void {
  counter(
    registry,
    "neurallog_thread_deaths_total",
    "Threads that ended by a fault and were started again",
    () => Object.entries(deaths()).map(([thread, count]) => [count, { thread }]),
    ["thread"],
  );
}
