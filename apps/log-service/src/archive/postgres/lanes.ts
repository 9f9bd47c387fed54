import type { Client, PoolClient } from "pg";

import { lanePrefix } from "../../store/position.ts";
import { refuse } from "../lanes.ts";
import type { LaneMove, LanePosition } from "../port.ts";
import { run } from "./connect.ts";
import { textOf } from "./decode.ts";

export async function readPositions(client: Client | PoolClient): Promise<readonly LanePosition[]> {
  const rows = await run(client, {
    name: "positions",
    text: "SELECT namespace, position, committed FROM neurallog.lanes",
  });
  return rows.map((row) => ({
    namespace: textOf(row, "namespace"),
    position: textOf(row, "position"),
    committed: Number(row["committed"]),
  }));
}

/**
 * Moves the positions on, each from where its part says: one statement that compares, sets and
 * locks.
 * @throws ServiceError NL_ARCHIVE_POSITION
 */
export async function moveLanes(
  client: Client | PoolClient,
  parts: readonly LaneMove[],
): Promise<void> {
  // One order for all, so that two that move never wait for each other in a circle.
  const sorted = parts.toSorted((a, b) => (a.to < b.to ? -1 : 1));
  const column = <Value>(read: (part: LaneMove) => Value): Value[] => sorted.map(read);
  const [row] = await run(client, {
    name: "move_lanes",
    text: `WITH parts AS (
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[],
          $6::bigint[], $7::bigint[], $8::bigint[])
          AS p(lane, namespace, stood, position, committed, overflow, retention, damaged)
      ), moved AS (
        UPDATE neurallog.lanes AS held SET
          position = parts.position,
          committed = parts.committed,
          skipped_overflow = held.skipped_overflow + parts.overflow,
          skipped_retention = held.skipped_retention + parts.retention,
          skipped_damaged = held.skipped_damaged + parts.damaged,
          moved_at = now()
        FROM parts WHERE held.lane = parts.lane AND held.position = parts.stood
        RETURNING held.lane
      ), made AS (
        INSERT INTO neurallog.lanes (lane, namespace, position, committed,
          skipped_overflow, skipped_retention, skipped_damaged)
        SELECT lane, namespace, position, committed, overflow, retention, damaged
        FROM parts WHERE stood IS NULL
        ON CONFLICT (lane) DO NOTHING RETURNING lane
      )
      SELECT (SELECT count(*) FROM moved) + (SELECT count(*) FROM made) AS lanes`,
    values: [
      column(({ to }) => lanePrefix(to)),
      column(({ namespace }) => namespace),
      column(({ from }) => from ?? null),
      column(({ to }) => to),
      column(({ committed }) => committed),
      column(({ skipped }) => skipped.overflow),
      column(({ skipped }) => skipped.retention),
      column(({ skipped }) => skipped.damaged),
    ],
  });
  if (Number(row?.["lanes"]) !== parts.length) {
    refuse(`of ${parts.length} lanes ${row?.["lanes"] ?? "0"} stood where they should`);
  }
}
