import { pino, type DestinationStream, type Logger } from "pino";

import type { LogLevel } from "../config/fields.ts";

/**
 * The service's own log: JSON lines, by default on standard output. They never go into the store
 * through the service itself, which would feed on its own failures.
 */
export function createLogger(
  level: LogLevel,
  bindings: Readonly<Record<string, string>>,
  destination: DestinationStream = pino.destination({ fd: 1, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: bindings,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // Nothing logs headers; should a library's error carry some, a key is not among them.
      redact: {
        paths: ["*.authorization", "*.headers", "*.password", "err.command", "err.config"],
        censor: "[secret]",
      },
    },
    destination,
  );
}
