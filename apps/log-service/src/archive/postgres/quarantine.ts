import type { Client, PoolClient } from "pg";

import type { PreparedRecord } from "../../record/record.ts";
import { cleanText } from "../../record/text.ts";
import { POSTGRES_LIMITS } from "../limits.ts";
import type { ClearQuery, Covers } from "../port.ts";
import { namespacesSql, reachSql, timeOf, Values } from "./condition.ts";
import { run, type Row } from "./connect.ts";
import { textOf } from "./decode.ts";
import type { CopyRow } from "./encode.ts";

export interface Refused {
  readonly row: CopyRow;
  readonly reason: string;
}

/** A record as it is kept; of a long one only its start, and the text of its other fields not at all. */
type Kept = PreparedRecord & { readonly isCut?: true };

/** Keeps what no table of logs takes, with the reason, for people to look at. */
export async function quarantine(
  client: Client | PoolClient,
  refused: readonly Refused[],
): Promise<void> {
  if (refused.length === 0) return;
  await run(client, {
    text: `INSERT INTO neurallog.quarantine (id, namespace, received_at, reason, record)
      SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[])`,
    values: [
      refused.map(({ row }) => cleanText(row.id)),
      refused.map(({ row }) => cleanText(row.record.namespace)),
      refused.map(({ row }) =>
        timeOf(Number.isFinite(row.record.received) ? row.record.received : 0),
      ),
      refused.map(({ reason }) => cleanText(reason)),
      refused.map(({ row }) => keptText(row)),
    ],
  });
}

/** As JSON, which writes NUL and halves of pairs as escapes. */
function keptText({ record }: CopyRow): string {
  const whole = JSON.stringify(record);
  if (whole.length <= POSTGRES_LIMITS.quarantinedUnits) return whole;
  const message = cleanText(record.message.slice(0, 1_000));
  const rest = { source: "", traceId: "", spanId: "", tags: "", metadata: "" };
  return JSON.stringify({ ...record, ...rest, message, isCut: true } satisfies Kept);
}

/** What was put aside holds log text as well, and is cleared like it, some at a time. */
export async function clearQuarantine(
  client: Client,
  query: ClearQuery,
  covers: Covers,
): Promise<void> {
  let after = "";
  for (;;) {
    const values = new Values();
    const condition = `${namespacesSql(query.namespaces, values)} AND ${reachSql(query, values)}
      AND id > ${values.add(after)}::text`;
    const text = `SELECT id, record FROM neurallog.quarantine WHERE ${condition}
      ORDER BY id LIMIT ${POSTGRES_LIMITS.quarantinedAtOnce}`;
    const rows = await run(client, values.statement(text));
    const last = rows.at(-1);
    if (last === undefined) return;
    after = textOf(last, "id");
    const gone: string[] = [];
    for (const row of rows) if (await isCovered(row, query, covers)) gone.push(textOf(row, "id"));
    await run(client, {
      text: "DELETE FROM neurallog.quarantine WHERE id = ANY($1::text[])",
      values: [gone],
    });
  }
}

/**
 * What cannot be tested, as it was cut or is no record, goes by its times alone: better that something
 * is missing here than that something stays that was cleared.
 */
async function isCovered(row: Row, query: ClearQuery, covers: Covers): Promise<boolean> {
  const record: Kept = JSON.parse(textOf(row, "record"));
  if (record.isCut !== true) {
    try {
      return (await covers([{ id: textOf(row, "id"), record }]))[0] === 1;
    } catch {
      // No block can be made of it.
    }
  }
  const { from, to } = query;
  const isBefore = to !== undefined && record.ms > to.ms;
  return !isBefore && !(from !== undefined && record.ms < from.ms);
}
