import { isUtf8 } from "node:buffer";

import {
  detect,
  fit,
  levelOfSeverity,
  rfc5424,
  syslog,
  type Clock,
  type Parsed,
} from "@neurallog/formats";

import { normalize, type NormalizeContext, type Rejection } from "../../record/normalize.ts";
import type { PreparedRecord } from "../../record/record.ts";

const PRIORITY = /^<(\d{1,3})>\s*/;
const FORMATS = [rfc5424, syslog];

/**
 * One syslog message of either RFC; what is neither is a message as it stands, at the level that its
 * priority says. Bytes that are not UTF-8 are read as Latin-1, so that none is lost.
 * @param sender Stands as `host` where the message names none.
 */
export function readSyslogMessage(
  bytes: Buffer,
  sender: string | undefined,
  context: NormalizeContext,
  clock: Clock,
): PreparedRecord | Rejection {
  const text = bytes.toString(isUtf8(bytes) ? "utf8" : "latin1").replace(/[\r\n\0]+$/, "");
  const { format, record } = detect(text, clock, FORMATS);
  const parsed = format === "plain" ? unknownForm(text) : fit(record, text);
  if (sender === undefined || parsed.metadata?.["host"] !== undefined) {
    return normalize(parsed, context);
  }
  return normalize({ ...parsed, metadata: { host: sender, ...parsed.metadata } }, context);
}

function unknownForm(text: string): Parsed {
  const match = PRIORITY.exec(text);
  const value = Number(match?.[1] ?? NaN);
  if (match === null || !(value <= 191)) return { message: text };
  const level = levelOfSeverity(value % 8);
  return {
    message: text.slice(match[0].length),
    ...(level === undefined ? {} : { level }),
    metadata: { facility: Math.floor(value / 8) },
  };
}
