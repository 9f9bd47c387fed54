import { flushOnSignals } from "./exit.ts";
import { NOTHING_BOUND } from "./encode/encoder.ts";
import { Logger } from "./logger.ts";
import { readOptions, type LoggerOptions } from "./options.ts";
import { Parts } from "./parts.ts";

/**
 * A logger that sends to a log service from a queue of its own. Never throws: what is wrong with the
 * options goes to `onError` and, once, to standard error, and then nothing is logged.
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const settings = readOptions(options, process.env);
  const parts = new Parts(settings, options);
  if (options.flushOnSignals !== undefined) flushOnSignals(options.flushOnSignals);
  return new Logger(
    parts,
    settings.component,
    settings.level,
    parts.bind(options.bindings, NOTHING_BOUND),
  );
}

export { runWithTrace } from "./trace.ts";
export type { ChildOptions, Logger } from "./logger.ts";
export type { LoggerStats } from "./stats.ts";
export type { LoggerOptions } from "./options.ts";
export type { RedactOptions } from "./encode/redaction.ts";
export type { TraceIds } from "./encode/encoder.ts";
export type { BatchOptions } from "./sender.ts";
