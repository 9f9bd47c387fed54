import type { Json } from "@neurallog/client";
import type { Clock } from "../time/clock.ts";
import { epochTime } from "../time/epoch.ts";
import { isoWhole } from "../time/iso.ts";
import type { Parsed } from "./format.ts";
import { levelOf, levelOfNumber, type Level } from "./level.ts";

type Fields = Record<string, Json>;

/** The names that the common logging libraries use, the more exact ones first. */
export const fieldNames = {
  timestamp: ["@timestamp", "timestamp", "time", "ts", "datetime", "date", "eventTime", "t"],
  level: ["level", "severity", "log.level", "loglevel", "levelname", "lvl", "severity_text"],
  message: ["message", "msg", "event", "text", "log", "body"],
  source: [
    "source",
    "component",
    "logger",
    "service",
    "service.name",
    "app",
    "name",
    "logger_name",
    "log.logger",
  ],
  trace_id: ["trace_id", "traceId", "trace.id", "traceid", "traceID"],
  span_id: ["span_id", "spanId", "span.id", "spanid", "spanID"],
} as const;

/**
 * A record from a line that is fields already (JSON, logfmt). Known names go where they belong; every other field,
 * and a known one with a value that cannot be read, is metadata under its own name.
 */
export function recordOfFields(fields: Readonly<Fields>, raw: string, clock: Clock): Parsed {
  const rest: Fields = { ...fields };
  const take = <T>(
    keys: readonly string[],
    read: (value: Json | undefined) => T | undefined,
  ): T | undefined => {
    for (const key of keys) {
      if (Object.hasOwn(rest, key)) {
        const value = read(rest[key]);
        if (value === undefined) continue;
        delete rest[key];
        return value;
      }
      const value = takeInner(rest, key, read);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const message = take(fieldNames.message, textOf);
  const timestamp = take(fieldNames.timestamp, (value) => timeOf(value, clock));
  const level = take(fieldNames.level, levelOfField);
  const source = take(fieldNames.source, wordOf);
  const trace_id = take(fieldNames.trace_id, wordOf);
  const span_id = take(fieldNames.span_id, wordOf);
  const tags = take(["tags"], tagsOf);
  const metadata = metadataOf(rest);
  return {
    // A record has to say something: without a message of its own, the line as it stands.
    message: message ?? raw,
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(level === undefined ? {} : { level }),
    ...(source === undefined ? {} : { source }),
    ...(trace_id === undefined ? {} : { trace_id }),
    ...(span_id === undefined ? {} : { span_id }),
    ...(tags === undefined ? {} : { tags }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}

/** A dotted name may also be a member of an object: `{"log":{"level":"warn"}}` is what `log.level` means in ECS. */
function takeInner<T>(
  rest: Fields,
  key: string,
  read: (value: Json | undefined) => T | undefined,
): T | undefined {
  const dot = key.indexOf(".");
  if (dot === -1) return undefined;
  const outer = key.slice(0, dot);
  const inner = key.slice(dot + 1);
  const holder = rest[outer];
  if (!isObject(holder) || !Object.hasOwn(rest, outer) || !Object.hasOwn(holder, inner)) {
    return undefined;
  }
  const value = read(holder[inner]);
  if (value === undefined) return undefined;
  const { [inner]: _, ...others } = holder;
  if (Object.keys(others).length === 0) delete rest[outer];
  else rest[outer] = others;
  return value;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.replace(/\r?\n$/, "") : undefined;
}

function wordOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function timeOf(value: unknown, clock: Clock): string | undefined {
  if (typeof value === "number") return epochTime(String(value));
  if (typeof value !== "string") return undefined;
  const civil = isoWhole(value);
  return civil === undefined ? epochTime(value) : clock.instant(civil);
}

function levelOfField(value: unknown): Level | undefined {
  if (typeof value === "number") return levelOfNumber(value);
  if (typeof value !== "string") return undefined;
  return levelOf(value) ?? (/^\d\d?$/.test(value) ? levelOfNumber(Number(value)) : undefined);
}

function tagsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const tags = value.filter((tag) => typeof tag === "string");
  return tags.length === value.length ? tags : undefined;
}

/** An object called `metadata` or `data` is the metadata itself, unless a field beside it has a name of its own in it. */
function metadataOf(rest: Fields): Fields {
  for (const key of ["metadata", "data"]) {
    const inner = rest[key];
    if (!isObject(inner)) continue;
    const { [key]: _, ...beside } = rest;
    if (Object.keys(beside).some((name) => Object.hasOwn(inner, name))) return rest;
    return { ...beside, ...inner };
  }
  return rest;
}

/** A JSON object: neither a list nor null. */
export function isObject(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
