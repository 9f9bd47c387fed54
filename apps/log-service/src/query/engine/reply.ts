import type { PreparedRecord } from "../../record/record.ts";
import { levelName } from "../../record/level.ts";
import { writeInstant } from "../../record/time.ts";
import type { AnswerFormat } from "./port.ts";

/** An answer on its way out: its long lists as JSON texts already, and the rest. */
export interface Reply {
  readonly lists?: readonly ReplyList[];
  readonly rest: object;
}

export interface ReplyList {
  readonly name: string;
  readonly items: readonly string[];
  /** One thing and no list: stands there without brackets. */
  readonly single?: true;
}

/** JSON: one object. NDJSON: an item a line, and the rest as the last line under `end`. */
export function encodeReply({ lists = [], rest }: Reply, format: AnswerFormat): Buffer {
  if (format === "ndjson") {
    const items = lists.flatMap((list) => list.items);
    const last = lists.length === 0 ? rest : { end: rest };
    return Buffer.from([...items, JSON.stringify(last), ""].join("\n"));
  }
  const members = lists.map(({ name, items, single }) => {
    const value = single === true ? items.join("") : `[${items.join(",")}]`;
    return `${JSON.stringify(name)}:${value}`;
  });
  const others = JSON.stringify(rest).slice(1, -1);
  if (others !== "") members.push(others);
  return Buffer.from(`{${members.join(",")}}`);
}

/** The record as callers see it, in the order of `presentRecord`; tags and metadata are JSON already. */
export function recordJson(id: string, record: PreparedRecord): string {
  const { message, source, traceId, spanId, tags, metadata } = record;
  let text = `{"id":"${id}","timestamp":"${timeOf(record)}"`;
  text += `,"received":"${writeInstant(record.received, 0, 3)}","level":"${levelName(record.level)}"`;
  text += `,"message":${JSON.stringify(message)}`;
  if (source !== "") text += `,"source":${JSON.stringify(source)}`;
  if (traceId !== "") text += `,"trace_id":${JSON.stringify(traceId)}`;
  if (spanId !== "") text += `,"span_id":${JSON.stringify(spanId)}`;
  if (tags !== "") text += `,"tags":${oneLine(tags)}`;
  if (metadata !== "") text += `,"metadata":${oneLine(metadata)}`;
  return `${text},"namespace":${JSON.stringify(record.namespace)}}`;
}

/** RFC 3339 with the sender's precision. */
export function timeOf({ ms, nanos, digits }: PreparedRecord): string {
  return writeInstant(ms, nanos, digits);
}

/** JSON has line breaks only between its tokens, where a block that others wrote may have them. */
function oneLine(json: string): string {
  return json.includes("\n") || json.includes("\r") ? JSON.stringify(JSON.parse(json)) : json;
}
