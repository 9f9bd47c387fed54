import type { LogRecord } from "@neurallog/client";
import type { Style } from "./style.ts";
import { harmless, harmlessLine } from "./terminal.ts";

/**
 * A record for people: time, level, source, message, then trace, tags and metadata. Further lines of a message are
 * indented, so that no message can look like a record of its own.
 * @param withId Begins with the record's id, by which its context is found.
 */
export function recordText(record: LogRecord, style: Style, withId = false): string {
  const message = harmless(record.message).replaceAll("\n", "\n    ");
  const source = record.source === undefined ? "" : `${harmlessLine(record.source)}: `;
  const facts = [
    ...(record.trace_id === undefined ? [] : [`trace=${record.trace_id}`]),
    ...(record.span_id === undefined ? [] : [`span=${record.span_id}`]),
    ...(record.tags ?? []).map((tag) => `#${tag}`),
    ...(record.metadata === undefined ? [] : [JSON.stringify(record.metadata)]),
  ].map(harmlessLine);
  const rest = facts.length === 0 ? "" : ` ${style.faint(facts.join(" "))}`;
  const level = style.level(record.level, record.level.padEnd(5));
  const id = withId ? `${style.faint(record.id)} ` : "";
  return `${id}${style.faint(record.timestamp)} ${level} ${source}${message}${rest}\n`;
}
