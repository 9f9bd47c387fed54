import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

import { createLogger, type Logger, type LoggerOptions } from "../logger/index.ts";
import { readLine } from "./read-line.ts";

/** What `transport: { target: "@neurallog/client/pino", options }` takes: a logger's options that are plain data. */
export interface PinoTransportOptions extends LoggerOptions {
  /** The key that pino writes messages under. */
  readonly messageKey?: string | undefined;
}

// A line that is no line by then is not one of pino's.
const MOST_UNITS = 4 * 1024 * 1024;
const MOST_COMPONENTS = 256;

/**
 * A pino transport: runs in pino's worker thread, and sends what pino wrote, with pino's levels,
 * times, bindings and serialised errors. Pino decides what is logged; a level that is set at the
 * service can only narrow it.
 */
export default function pinoTransport(options: PinoTransportOptions = {}): Writable {
  const logger = createLogger({ ...options, level: options.level ?? "trace" });
  const byName = new Map<string, Logger>();
  const loggerOf = (name: string | undefined): Logger => {
    if (options.component !== undefined || name === undefined) return logger;
    const known = byName.get(name);
    if (known !== undefined || byName.size >= MOST_COMPONENTS) return known ?? logger;
    const made = logger.child(undefined, { component: name });
    byName.set(name, made);
    return made;
  };
  const take = (line: string) => {
    const read = readLine(line, options.messageKey ?? "msg");
    if (read === undefined) return;
    const { level, message, fields, timeMs, name } = read;
    loggerOf(name).log(level, message, fields, timeMs);
  };
  const decoder = new StringDecoder();
  let rest = "";
  return new Writable({
    // Pino writes texts; nothing is gained by making them bytes in between.
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      const lines = (rest + (typeof chunk === "string" ? chunk : decoder.write(chunk))).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > MOST_UNITS) rest = "";
      for (const line of lines) take(line);
      done();
    },
    final(done) {
      take(rest);
      void close(logger, done);
    },
    destroy(error, done) {
      void close(logger, () => done(error));
    },
  });
}

async function close(logger: Logger, done: () => void): Promise<void> {
  await logger.close();
  done();
}
