import { Counter, Gauge, type Registry } from "prom-client";

import type { WorkStats } from "../store/port.ts";

/** Adds what work on stored blocks tells of itself, asked for at each scrape. */
export function watchWork(registry: Registry, read: () => WorkStats | undefined): void {
  const registers = [registry];
  const gauge = (name: string, help: string, of: (stats: WorkStats) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const stats = read();
        if (stats !== undefined) this.set(of(stats));
      },
    });
  gauge(
    "neurallog_merge_debt_records",
    "Records in small blocks that wait to be merged",
    (stats) => {
      return stats.mergeDebt.records;
    },
  );
  gauge("neurallog_merge_debt_blocks", "Small blocks that wait to be merged", (stats) => {
    return stats.mergeDebt.blocks;
  });
  gauge("neurallog_tombstones", "Clearings that still have something to take out", (stats) => {
    return stats.tombstones;
  });
  const counter = (name: string, help: string, of: (stats: WorkStats) => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(of(read() ?? NOTHING));
      },
    });
  counter("neurallog_merged_blocks_total", "Blocks that were put together", (stats) => {
    return stats.merged.blocks;
  });
  counter("neurallog_merged_records_total", "Records in them", (stats) => stats.merged.records);
  counter("neurallog_cleared_records_total", "Records that clearing took out", (stats) => {
    return stats.merged.cleared;
  });
  const dropped = (name: string, help: string, of: "blocks" | "records" | "bytes") =>
    new Counter({
      name,
      help,
      labelNames: ["namespace", "reason"],
      registers,
      collect() {
        this.reset();
        for (const { namespace, reason, ...counts } of (read() ?? NOTHING).dropped) {
          this.inc({ namespace, reason }, counts[of]);
        }
      },
    });
  dropped("neurallog_retention_blocks_total", "Blocks dropped, by namespace and reason", "blocks");
  dropped("neurallog_retention_records_total", "Records in them", "records");
  dropped("neurallog_retention_bytes_total", "Their bytes", "bytes");
}

const NOTHING: WorkStats = {
  mergeDebt: { records: 0, blocks: 0 },
  merged: { blocks: 0, into: 0, records: 0, cleared: 0 },
  tombstones: 0,
  dropped: [],
};
