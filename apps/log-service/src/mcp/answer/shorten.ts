import { MCP_LIMITS } from "../../limits.ts";
import type { LogRecord } from "../../record/record.ts";
import type { FoundRecord } from "./found-record.ts";
import { visible, visibleObject } from "./untrusted.ts";

/** A record for a model: without hidden characters, and with long fields cut, which it says. */
export function shorten(record: LogRecord): FoundRecord {
  const cut: string[] = [];
  const found: FoundRecord = {
    id: record.id,
    timestamp: record.timestamp,
    level: record.level,
    message: visible(record.message),
    namespace: record.namespace,
  };
  if (found.message.length > MCP_LIMITS.messageUnits) {
    found.message = `${found.message.slice(0, MCP_LIMITS.messageUnits).toWellFormed()}…`;
    cut.push("message");
  }
  if (record.source !== undefined) found.source = visible(record.source);
  if (record.trace_id !== undefined) found.trace_id = visible(record.trace_id);
  if (record.span_id !== undefined) found.span_id = visible(record.span_id);
  if (record.tags !== undefined) {
    if (fits(record.tags)) found.tags = record.tags.map(visible);
    else cut.push("tags");
  }
  if (record.metadata !== undefined) {
    if (fits(record.metadata)) found.metadata = visibleObject(record.metadata);
    else cut.push("metadata");
  }
  if (cut.length > 0) found.cut = cut;
  return found;
}

/** A value, pattern or name for a model. */
export function shortText(text: string): string {
  const { valueUnits } = MCP_LIMITS;
  const shown = visible(text.length > valueUnits ? text.slice(0, valueUnits).toWellFormed() : text);
  return text.length > valueUnits ? `${shown}…` : shown;
}

/** One record as lines of text, continuation lines indented so that none looks like a record. */
export function recordText(record: FoundRecord): string {
  const { timestamp, level, source, message, id, namespace, ...rest } = record;
  const from = source === undefined ? undefined : oneLine(source);
  const head = [timestamp, level, namespace, from].filter((part) => part !== undefined).join(" ");
  const extras = Object.keys(rest).length === 0 ? "" : `\n  ${JSON.stringify(rest)}`;
  return `${head} [${id}]: ${message.replaceAll("\n", "\n  ")}${extras}`;
}

/** None of a list's entries looks like two. */
export function oneLine(text: string): string {
  return text.replaceAll("\n", "\\n");
}

function fits(value: unknown): boolean {
  return JSON.stringify(value).length <= MCP_LIMITS.metadataUnits;
}
