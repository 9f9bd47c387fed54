import { createLogger, type Logger } from "@neurallog/client/logger";
import pino from "pino";

/** One kind of call, by one logger. */
export interface Subject {
  /** The n-th call: numbers and ids are drawn anew for each, as an application has them. */
  call(n: number): void;
  /** What is left is written. */
  end(): Promise<unknown>;
}

export type SubjectName = keyof typeof SUBJECTS;

const flat = (n: number) => ({ order: n, route: "/api/checkout", ms: (n % 1_000) / 10 });
const nested = (n: number) => ({
  user: { id: n, name: "Ada Lovelace", roles: ["admin", "writer"] },
  request: {
    method: "POST",
    path: "/api/checkout",
    headers: { accept: "*/*", authorization: "x" },
  },
});

function neurallog(url: string, level: string, call: (logger: Logger, n: number) => void): Subject {
  const logger = createLogger({
    url,
    level,
    component: "bench",
    levelsUrl: false,
    queue: { records: 1e6, bytes: 1e9 },
  });
  return { call: (n) => call(logger, n), end: () => logger.close() };
}

function pinoTo(call: (logger: pino.Logger, n: number) => void): Subject {
  const destination = pino.destination({ dest: "/dev/null", sync: true, minLength: 4_096 });
  const redact = ["password", "*.password", "*.*.authorization"];
  const logger = pino({ redact }, destination);
  return {
    call: (n) => call(logger, n),
    end: async () => destination.flushSync(),
  };
}

const SECRETS = /"[^"]*(?:password|token|api_?key|authorization|secret)[^"]*":"(?:[^"\\]|\\.)*"/gi;

/** What people write at first: everything through JSON.stringify, secrets found in the text. */
function naive(fields: (n: number) => object): Subject {
  let lines: string[] = [];
  return {
    call: (n) => {
      const record = {
        timestamp: new Date().toISOString(),
        level: "INFO",
        component: "bench",
        message: "request handled",
      };
      const text = JSON.stringify({ ...record, data: fields(n) });
      lines.push(
        text.replace(SECRETS, (match) => `${match.slice(0, match.indexOf(":"))}:"[REDACTED]"`),
      );
      if (lines.length >= 1_000) lines = [];
    },
    end: async () => undefined,
  };
}

/** Each as `what: who`. */
export const SUBJECTS = {
  "message alone: neurallog": (url: string) =>
    neurallog(url, "info", (log) => log.info("request handled")),
  "message alone: pino to /dev/null": () => pinoTo((log) => log.info("request handled")),
  "message alone: JSON.stringify and a pattern": () => naive(() => ({})),
  "three flat fields: neurallog": (url: string) =>
    neurallog(url, "info", (log, n) => log.info("request handled", flat(n))),
  "three flat fields: pino to /dev/null": () =>
    pinoTo((log, n) => log.info(flat(n), "request handled")),
  "three flat fields: JSON.stringify and a pattern": () => naive(flat),
  "nested fields: neurallog": (url: string) =>
    neurallog(url, "info", (log, n) => log.info("request handled", nested(n))),
  "nested fields: pino to /dev/null": () =>
    pinoTo((log, n) => log.info(nested(n), "request handled")),
  "nested fields: JSON.stringify and a pattern": () => naive(nested),
  "disabled, a constant: neurallog": (url: string) =>
    neurallog(url, "info", (log) => log.debug("request handled")),
  "disabled, a constant: pino to /dev/null": () => pinoTo((log) => log.debug("request handled")),
  "disabled, an object literal: neurallog": (url: string) =>
    neurallog(url, "info", (log, n) =>
      log.debug("request handled", { order: n, route: "/api", ms: n }),
    ),
  "disabled, an object literal: pino to /dev/null": () =>
    pinoTo((log, n) => log.debug({ order: n, route: "/api", ms: n }, "request handled")),
  "disabled, a template: neurallog": (url: string) =>
    neurallog(url, "info", (log, n) => log.debug(`request ${n} handled`)),
  "disabled, a template: pino to /dev/null": () =>
    pinoTo((log, n) => log.debug(`request ${n} handled`)),
} satisfies Record<string, (url: string) => Subject>;

export function isSubjectName(name: string): name is SubjectName {
  return Object.hasOwn(SUBJECTS, name);
}
