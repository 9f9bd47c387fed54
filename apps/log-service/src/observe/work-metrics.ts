import type { WorkStats } from "../store/port.ts";
import { counter } from "./asked.ts";
import type { Metrics } from "./metrics.ts";

/** Adds what work on stored blocks tells of itself, asked for at each scrape. */
export function watchWork(metrics: Metrics, read: () => WorkStats | undefined): void {
  const { registry, namespaces } = metrics;
  const merged = (name: string, help: string, of: keyof WorkStats["merged"]) =>
    counter(registry, name, help, () => [[read()?.merged[of] ?? 0]]);
  merged("neurallog_merged_blocks_total", "Blocks that were put together", "blocks");
  merged("neurallog_merged_records_total", "Records in them", "records");
  merged("neurallog_cleared_records_total", "Records that clearing took out", "cleared");
  const dropped = (name: string, help: string, of: "blocks" | "records" | "bytes") =>
    counter(
      registry,
      name,
      help,
      () =>
        (read()?.dropped ?? []).map(({ namespace, reason, ...counts }) => [
          counts[of],
          { namespace: namespaces.of(namespace), reason },
        ]),
      ["namespace", "reason"],
    );
  dropped("neurallog_retention_blocks_total", "Blocks dropped, by namespace and reason", "blocks");
  dropped("neurallog_retention_records_total", "Records in them", "records");
  dropped("neurallog_retention_bytes_total", "Their bytes", "bytes");
}
