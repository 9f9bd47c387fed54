import { hash, randomUUID } from "node:crypto";

import type { PoolClient } from "pg";

import { ServiceError } from "../../errors.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { lanePrefix, writeRecordId } from "../../store/position.ts";
import { directPosition, FIRST_DIRECT_LANE } from "../lanes.ts";
import { ARCHIVE_LIMITS } from "../limits.ts";
import { run } from "./connect.ts";
import { copyRows } from "./copy.ts";
import { addCounts } from "./counts.ts";
import type { CopyRow } from "./encode.ts";
import type { Days } from "./partitions.ts";
import { inTransaction } from "./transaction.ts";

/** Records that are stored directly, in one transaction. */
export interface DirectBatch {
  readonly namespace: string;
  readonly records: readonly PreparedRecord[];
  /** A UUID. It is written in the transaction: whoever stores under it again learns what became of that. */
  readonly key: string;
}

/** @param given A caller's own key; without one nobody else can have the same. */
export function directKey(namespace: string, given: string | undefined): string {
  return given === undefined ? randomUUID() : hash("sha256", `${namespace} ${given}`).slice(0, 32);
}

/**
 * Stores a batch, or answers as before if it is there already; waits for one under the same key that
 * is under way.
 * @returns The records' ids.
 * @throws ServiceError NL_IDEMPOTENCY_MISMATCH if the key is another batch's.
 */
export function storeBatch(
  client: PoolClient,
  batch: DirectBatch,
  days: Days,
  fullText: boolean,
): Promise<readonly string[]> {
  return inTransaction(client, async () => {
    const position = await nextPosition(client, batch);
    if (position === undefined) return storedBefore(client, batch);
    const { namespace, records } = batch;
    const ids = idsOf(position, records.length);
    const rows = records.map((record, index): CopyRow => {
      return { id: ids[index] ?? "", record, apart: !days.has(record.received) };
    });
    await copyRows(client, rows, fullText);
    await moveDirectLane(client, namespace, position);
    await addCounts(client, rows);
    return ids;
  });
}

/**
 * The row of the lane stays locked until the commit: the order of positions is the order of commits.
 * @returns undefined if the key is taken; the lane has a gap then.
 */
async function nextPosition(
  client: PoolClient,
  { namespace, records, key }: DirectBatch,
): Promise<string | undefined> {
  const [row] = await run(client, {
    name: "next_position",
    text: `WITH lane AS (
        INSERT INTO neurallog.direct_lanes AS held (namespace, commits) VALUES ($1, 1)
        ON CONFLICT (namespace) DO UPDATE SET commits = held.commits + 1
        RETURNING number, commits
      )
      INSERT INTO neurallog.direct_batches (key, number, commits, records)
      SELECT $2::uuid, number, commits, $3 FROM lane
      ON CONFLICT (key) DO NOTHING RETURNING number, commits`,
    values: [namespace, key, records.length],
  });
  return row && directPosition(Number(row["number"]), Number(row["commits"]));
}

/** @throws ServiceError NL_NAMESPACE_LIMIT for one lane too many. */
async function moveDirectLane(
  client: PoolClient,
  namespace: string,
  position: string,
): Promise<void> {
  const [row] = await run(client, {
    name: "move_direct_lane",
    text: `INSERT INTO neurallog.lanes (lane, namespace, position, committed)
      VALUES ($1, $2, $3, 0)
      ON CONFLICT (lane) DO UPDATE SET position = excluded.position, moved_at = now()
      RETURNING CASE WHEN xmax = 0 THEN
        (SELECT count(*) FROM neurallog.lanes WHERE lane >= $4) ELSE 0 END AS others`,
    values: [lanePrefix(position), namespace, position, FIRST_DIRECT_LANE],
  });
  if (Number(row?.["others"]) < ARCHIVE_LIMITS.directLanes) return;
  throw new ServiceError(
    "NL_NAMESPACE_LIMIT",
    `The archive has as many namespaces of its own as it may have, ${ARCHIVE_LIMITS.directLanes}: write to one of those`,
  );
}

async function storedBefore(
  client: PoolClient,
  { records, key }: DirectBatch,
): Promise<readonly string[]> {
  const [row] = await run(client, {
    text: "SELECT number, commits, records FROM neurallog.direct_batches WHERE key = $1::uuid",
    values: [key],
  });
  if (row === undefined) throw new Error("the key was forgotten at this very moment");
  const count = Number(row["records"]);
  if (count !== records.length) throw new ServiceError("NL_IDEMPOTENCY_MISMATCH");
  return idsOf(directPosition(Number(row["number"]), Number(row["commits"])), count);
}

function idsOf(position: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => writeRecordId(position, index));
}
