import type { Json } from "@neurallog/client";
import type { Clock } from "../time/clock.ts";
import { levelOf, type Level } from "./level.ts";

/** What a line says, in the fields that the log service takes. */
export interface Parsed {
  message: string;
  timestamp?: string;
  level?: Level;
  source?: string;
  trace_id?: string;
  span_id?: string;
  tags?: string[];
  metadata?: Record<string, Json>;
}

/** One log format: a pure reading of one line. */
export interface Format {
  /** What `--format` calls it. */
  readonly name: string;
  /** Undefined when the line is not of this format; then nothing was assumed either. */
  parse(line: string, clock: Clock): Parsed | undefined;
}

export interface Parts {
  timestamp?: string | undefined;
  level?: Level | undefined;
  /** The level in the format's own word. Kept as metadata where the six levels have another name for it. */
  severity?: string | undefined;
  source?: string | undefined;
  trace_id?: string | undefined;
  span_id?: string | undefined;
  metadata?: Record<string, string | number | undefined>;
}

/** A parsed line from its parts; empty ones, and `-` for 'none', are left out. */
export function parsed(message: string, parts: Parts): Parsed {
  const level = parts.level ?? (parts.severity === undefined ? undefined : levelOf(parts.severity));
  const told = parts.severity?.toUpperCase();
  const metadata: Record<string, Json> = {};
  const extras = { ...parts.metadata, severity: told === level ? undefined : parts.severity };
  for (const [key, value] of Object.entries(extras)) {
    if (value !== undefined && value !== "" && value !== "-") metadata[key] = value;
  }
  return {
    message,
    ...(parts.timestamp ? { timestamp: parts.timestamp } : {}),
    ...(level ? { level } : {}),
    ...(parts.source ? { source: parts.source } : {}),
    ...(parts.trace_id ? { trace_id: parts.trace_id } : {}),
    ...(parts.span_id ? { span_id: parts.span_id } : {}),
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
  };
}
