import { hash } from "node:crypto";

import { POSTGRES_LIMITS } from "../limits.ts";
import type { ArchiveQuery, IdRange, RecordKey, TallyKey, TallyQuery } from "../port.ts";
import type { Question } from "./ask.ts";
import { isStorable, nanosOf, narrows, selectionSql, Values } from "./condition.ts";
import { RECORD_COLUMNS } from "./decode.ts";

/**
 * Matches in order, by going through the index of times: good where many match. What an index finds
 * in no order is kept from being collected and sorted as a whole.
 */
export function inOrder(query: ArchiveQuery, isSelective: boolean): Question {
  const values = new Values();
  const text = pageSql(
    `SELECT * FROM neurallog.logs WHERE ${conditionOf(query, values)}
      ${orderOf(query)} LIMIT ${limitOf(query)}`,
    query,
    "0",
    values,
  );
  const settings = isSelective ? { enable_bitmapscan: "off" } : undefined;
  return { ...values.statement(text), ...(settings && { settings }) };
}

/**
 * Matches as an index finds them, then put in order: good where few match. How many there are stands
 * in `total` of every row: with more than `gathered`, some are missing.
 */
export function gathered(query: ArchiveQuery): Question {
  const values = new Values();
  const { within, ...rest } = query;
  // What its condition narrows is asked of the few alone: a plan must not go by the ids of a whole lane.
  const isFew = within !== undefined && narrows(query.condition);
  const hits = `SELECT * FROM neurallog.logs WHERE ${conditionOf(isFew ? rest : query, values)}
    LIMIT ${POSTGRES_LIMITS.gathered + 1}`;
  const text = `WITH hits AS MATERIALIZED (${hits}) ${pageSql(
    `SELECT * FROM hits ${isFew ? `WHERE ${withinSql(within, values)}` : ""}
      ${orderOf(query)} LIMIT ${values.add(limitOf(query))}::bigint`,
    query,
    "(SELECT count(*) FROM hits)",
    values,
  )}`;
  const statement = values.statement(text);
  const settings = { enable_seqscan: "off" };
  if (!isLookUp(query)) return { ...statement, settings };
  const name = `look_up_${hash("sha256", statement.text, "hex").slice(0, 16)}`;
  return { ...statement, name, settings: { ...settings, plan_cache_mode: "force_generic_plan" } };
}

/**
 * A trace or some ids and nothing else: one plan is good for all of them, and making it takes three
 * times as long as such a question. They differ in form so little that few plans are kept.
 */
function isLookUp({ condition, from, to, behind, without = [] }: ArchiveQuery): boolean {
  const isPlain = from === undefined && to === undefined && behind === undefined;
  return isPlain && without.length === 0 && condition.kind === "is" && narrows(condition);
}

/** In arrays, so that the text is the same however many there are. */
function withinSql(within: readonly IdRange[], values: Values): string {
  const storable = within.filter((range) => range.every(isStorable));
  const firsts = values.add(storable.map(([first]) => first));
  const ends = values.add(storable.map(([, end]) => end));
  return `EXISTS (SELECT FROM unnest(${firsts}::text[], ${ends}::text[]) AS range(first, past)
    WHERE id >= first COLLATE "C" AND id < past COLLATE "C")`;
}

/** @param first SQL of the first records in order. @param total SQL of a number. */
function pageSql(first: string, query: ArchiveQuery, total: string, values: Values): string {
  const columns = `${RECORD_COLUMNS}, ${total} AS total`;
  if (query.units === undefined) {
    return `SELECT ${columns}, 0 AS held FROM (${first}) page ${orderOf(query)}`;
  }
  // Bytes, of which no text has fewer than units; the texts beyond never leave the server.
  const size = "octet_length(message) + coalesce(octet_length(data::text), 0)";
  return `SELECT ${columns}, held FROM (
      SELECT page.*, sum(${size}) OVER (${orderOf(query)} ROWS UNBOUNDED PRECEDING) AS size,
        row_number() OVER (${orderOf(query)}) AS place, count(*) OVER () AS held
      FROM (${first}) page
    ) sized WHERE size <= ${values.add(Math.floor(query.units))}::bigint OR place = 1 ${orderOf(query)}`;
}

function conditionOf(query: ArchiveQuery, values: Values): string {
  const selection = selectionSql(query, values);
  const { behind } = query;
  return behind === undefined
    ? selection
    : `${selection} AND ${behindSql(behind, query.order, values)}`;
}

function behindSql(behind: RecordKey, order: "asc" | "desc", values: Values): string {
  const id = behind.id.replaceAll("\0", "").toWellFormed();
  const key = `(${values.add(nanosOf(behind))}::bigint, ${values.add(id)}::text)`;
  return `(created_ns, id) ${order === "asc" ? ">" : "<"} ${key}`;
}

function orderOf({ order }: ArchiveQuery): string {
  const way = order === "asc" ? "ASC" : "DESC";
  return `ORDER BY created_ns ${way}, id ${way}`;
}

/** One more than asked for tells whether there are more. */
function limitOf({ limit }: Pick<ArchiveQuery, "limit">): number {
  return Math.max(Math.floor(limit), 0) + 1;
}

/** One row for each group, its keys as `k0`, `k1` and so on, and one more than the limit at most. */
export function tallied(query: TallyQuery): Question {
  const values = new Values();
  const condition = selectionSql(query, values);
  const keys = query.by.map((key, index) => `${keySql(key, values)} AS k${index}`);
  const groups = query.by.map((_, index) => `k${index}`);
  const text = `SELECT ${[...keys, "count(*) AS records", "min(created_ns) AS first", "max(created_ns) AS last"].join(", ")}
    FROM neurallog.logs WHERE ${condition}
    ${groups.length === 0 ? "" : `GROUP BY ${groups.join(", ")}`} HAVING count(*) > 0
    LIMIT ${limitOf(query)}`;
  return values.statement(text);
}

function keySql(key: TallyKey, values: Values): string {
  if (typeof key === "object") {
    // The bucket's number and not its start, which may be before the first moment that the type holds.
    const width = `${values.add(nanosOf({ ms: Math.round(key.bucketMs), nanos: 0 }))}::bigint`;
    // Down also before 1970, where the remainder is negative.
    const isBefore = key.isEndIn === true ? "<=" : "<";
    return `created_ns / ${width} - (created_ns % ${width} ${isBefore} 0)::int`;
  }
  return key === "source" ? "coalesce(component, '')" : key;
}
