import { TROUBLES, type MovingStats } from "../archive/moving.ts";
import { counter, gauge, type Sample } from "./asked.ts";
import type { Metrics } from "./metrics.ts";

/** Adds what the moving of records into the archive tells of itself, asked for at each scrape. */
export function watchMoving({ registry }: Metrics, read: () => MovingStats | undefined): void {
  const asked = (of: (stats: MovingStats) => readonly Sample[]) => () => {
    const stats = read();
    return stats === undefined ? [] : of(stats);
  };
  const count = (name: string, help: string, of: (stats: MovingStats) => number) =>
    counter(
      registry,
      name,
      help,
      asked((stats) => [[of(stats)]]),
    );
  count("neurallog_archive_moved_records_total", "Records archived by this process", (stats) => {
    return stats.moved;
  });
  count("neurallog_archive_batches_total", "Transactions that archived them", (stats) => {
    return stats.batches;
  });
  count(
    "neurallog_archive_quarantined_records_total",
    "Records that the archive put aside as it cannot take them",
    (stats) => stats.quarantined,
  );
  counter(
    registry,
    "neurallog_archive_skipped_records_total",
    "Records that the archive will never have: too many waited, retention dropped them before, or their block cannot be read",
    asked(({ skipped }) =>
      Object.entries(skipped).map(([reason, records]): Sample => [records, { reason }]),
    ),
    ["reason"],
  );
  count(
    "neurallog_archive_cleared_records_total",
    "Records that clearings took out of the archive",
    (stats) => stats.cleared,
  );
  count(
    "neurallog_archive_expired_records_total",
    "Records dropped with the archive's days that are over",
    (stats) => stats.expired,
  );
  const watch = (name: string, help: string, of: (stats: MovingStats) => number | undefined) =>
    gauge(
      registry,
      name,
      help,
      asked((stats) => {
        const value = of(stats);
        return value === undefined ? [] : [[value]];
      }),
    );
  watch(
    "neurallog_archive_up",
    "1 while records can be archived, by this process or another one",
    ({ state }) => (state === "moving" || state === "standby" ? 1 : 0),
  );
  gauge(
    registry,
    "neurallog_archive_troubles",
    "What goes wrong while records are archived all the same",
    asked(({ troubles }) =>
      TROUBLES.map((kind): Sample => [
        troubles.filter((trouble) => trouble.kind === kind).length,
        { kind },
      ]),
    ),
    ["kind"],
  );
  watch(
    "neurallog_archive_backlog_records",
    "Records in the hot store that are not archived yet",
    ({ backlog }) => backlog?.records,
  );
  watch(
    "neurallog_archive_backlog_bytes",
    "About what they take there",
    ({ backlog }) => backlog?.bytes,
  );
  watch(
    "neurallog_archive_lag_seconds",
    "How long ago the oldest of them was received; 0 if there is none",
    ({ backlog }) => backlog && lagMs(backlog.oldestMs) / 1_000,
  );
  watch(
    "neurallog_archive_last_move_timestamp_seconds",
    "When this process last archived records",
    ({ lastMoveMs }) => (lastMoveMs === undefined ? undefined : lastMoveMs / 1_000),
  );
}

function lagMs(oldestMs: number | undefined): number {
  return oldestMs === undefined ? 0 : Math.max(0, Date.now() - oldestMs);
}
