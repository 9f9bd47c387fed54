import { writeDay } from "../days.ts";
import type { ArchiveStats } from "../port.ts";
import type { Row, Statement } from "./connect.ts";
import { textOf } from "./decode.ts";

export const NAMESPACES: Statement = {
  text: `SELECT namespace, sum(records) AS records, extract(epoch from min(oldest)) AS oldest,
      extract(epoch from max(newest)) AS newest
    FROM neurallog.counts WHERE records > 0 GROUP BY namespace ORDER BY namespace`,
};

export const TOTALS: Statement = {
  text: `SELECT
      (SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c
        WHERE c.relnamespace = 'neurallog'::regnamespace AND c.relkind = 'r') AS bytes,
      (SELECT count(*) FROM neurallog.quarantine) AS quarantined,
      coalesce(sum(skipped_overflow), 0) AS overflow,
      coalesce(sum(skipped_retention), 0) AS retention,
      coalesce(sum(skipped_damaged), 0) AS damaged,
      extract(epoch from max(moved_at)) AS moved
    FROM neurallog.lanes`,
};

export function readStats(
  namespaces: readonly Row[],
  totals: Row | undefined,
  days: readonly number[],
): ArchiveStats {
  const total = (column: string): number => Number(totals?.[column] ?? 0);
  return {
    namespaces: namespaces.map((row) => ({
      name: textOf(row, "namespace"),
      records: Number(row["records"]),
      oldestMs: millisOf(row["oldest"]),
      newestMs: millisOf(row["newest"]),
    })),
    bytes: total("bytes"),
    days: days.map(writeDay),
    quarantined: total("quarantined"),
    skipped: {
      overflow: total("overflow"),
      retention: total("retention"),
      damaged: total("damaged"),
    },
    lastMoveMs: millisOf(totals?.["moved"]),
  };
}

function millisOf(seconds: string | null | undefined): number | undefined {
  return seconds === null || seconds === undefined
    ? undefined
    : // Not down: 1.001 s are 1000.9999… ms to a double.
      Math.round(Number(seconds) * 1_000);
}
