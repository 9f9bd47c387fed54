import { NeuralLogError } from "../errors.ts";
import { NOTHING_BOUND } from "./encode/encoder.ts";
import { Logger } from "./logger.ts";
import { readOptions, type LoggerOptions } from "./options.ts";
import { Parts } from "./parts.ts";
import { flushOnSignals } from "./signals.ts";

/**
 * A logger that sends to a log service from a queue of its own. Never throws: what is wrong with the
 * options goes to `onError` and, once, to standard error, and then nothing is logged.
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  try {
    return create(options);
  } catch (error) {
    // Options that are no options, or cannot be read: whoever made them is told, and logs nothing.
    const problem = new NeuralLogError("NLC_BAD_OPTION", "the options cannot be read", error);
    const settings = readOptions({ enabled: false }, {});
    return new Logger(
      new Parts({ ...settings, problems: [problem] }, {}),
      settings.component,
      settings.level,
      NOTHING_BOUND,
    );
  }
}

function create(options: LoggerOptions): Logger {
  const settings = readOptions(options, process.env);
  const parts = new Parts(settings, options);
  const deaf = flushOnSignals(options.flushOnSignals ?? []);
  if (deaf.length > 0)
    parts.report(
      new NeuralLogError("NLC_BAD_OPTION", `nothing can listen to ${deaf.join(" and ")}`),
    );
  const bound = parts.bind(options.bindings, NOTHING_BOUND);
  return new Logger(parts, settings.component, settings.level, bound);
}

export { runWithTrace } from "./trace.ts";
export type { GivenTrace } from "./trace.ts";
export type { NeuralLogError } from "../errors.ts";
export type { ChildOptions, Logger } from "./logger.ts";
export type { LoggerStats } from "./stats.ts";
export type { LoggerOptions } from "./options.ts";
export type { RedactOptions } from "../redaction/index.ts";
export type { TraceIds } from "./encode/encoder.ts";
export type { BatchOptions } from "./sender.ts";
