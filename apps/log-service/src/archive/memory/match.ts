import { asciiLower, tokensOf } from "../../block/tokens.ts";
import { readMetadataObject } from "../../record/present.ts";
import type { JsonValue, PreparedRecord } from "../../record/record.ts";
import { isWithin } from "../compare.ts";
import { compareInstants } from "../../record/time.ts";
import type { ArchivedRecord, ArchiveSelection, Condition } from "../port.ts";

export function isSelected(archived: ArchivedRecord, selection: ArchiveSelection): boolean {
  const { namespaces, from, to, condition, without, within } = selection;
  const { id, record } = archived;
  const isNamed =
    "only" in namespaces
      ? namespaces.only.includes(record.namespace)
      : !namespaces.except.includes(record.namespace);
  return (
    isNamed &&
    (from === undefined || compareInstants(record, from) >= 0) &&
    (to === undefined || compareInstants(record, to) < 0) &&
    (without === undefined || !isWithin(id, without)) &&
    (within === undefined || isWithin(id, within)) &&
    passes(archived, condition)
  );
}

function passes(archived: ArchivedRecord, condition: Condition): boolean {
  const { id, record } = archived;
  switch (condition.kind) {
    case "all":
      return condition.of.every((part) => passes(archived, part));
    case "any":
      return condition.of.some((part) => passes(archived, part));
    case "level":
      return condition.levels.includes(record.level);
    case "is":
      return condition.values.includes(condition.field === "id" ? id : textOf(record, condition));
    case "received": {
      const { fromMs = -Infinity, toMs = Infinity } = condition;
      return record.received >= fromMs && record.received < toMs;
    }
    case "word": {
      const wanted = asciiLower(condition.text);
      return tokensOf(record.message).some((token) =>
        condition.isPrefix ? token.startsWith(wanted) : token === wanted,
      );
    }
    case "contains": {
      const { text, ignoreCase } = condition;
      return ignoreCase
        ? record.message.toLowerCase().includes(text.toLowerCase())
        : record.message.includes(text);
    }
    case "metadata":
      return holds(readMetadataObject(record.metadata), condition.path, condition.value);
  }
}

function textOf(
  record: PreparedRecord,
  { field }: { field: "source" | "trace_id" | "span_id" | "namespace" | "id" },
): string {
  switch (field) {
    case "source":
      return record.source;
    case "trace_id":
      return record.traceId;
    case "span_id":
      return record.spanId;
    case "namespace":
      return record.namespace;
    case "id":
      return "";
  }
}

function holds(
  value: JsonValue | undefined,
  path: readonly string[],
  wanted: string | number | boolean,
): boolean {
  const [key, ...rest] = path;
  if (key === undefined) {
    return value === wanted || (Array.isArray(value) && value.includes(wanted));
  }
  if (typeof value !== "object" || value === null) return false;
  const child = Object.entries(value).find(([name]) => name === key)?.[1];
  return !Array.isArray(value) && holds(child, rest, wanted);
}
