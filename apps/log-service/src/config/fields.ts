import { z } from "zod";

/** What both roles' variables are made of. A variable set to nothing counts as left out, as in shells. */

export const optional = <T extends z.ZodType>(inner: T) =>
  z.preprocess((value) => (value === "" ? undefined : value), inner.optional());

export const withDefault = <T extends z.ZodType>(inner: T, fallback: z.input<T> & {}) =>
  z.preprocess((value) => (value === undefined || value === "" ? fallback : value), inner);

export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, { error: `must be a whole number from ${min} to ${max}` })
    .transform(Number)
    .refine((value) => value >= min && value <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    });

/** 0 lets the system pick a free port: the tests' way. */
export const port = wholeNumber(0, 65_535);

export const path = z.string().min(1);

export const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== ""),
);

export const httpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http:// or https:// address" })
  .refine((text) => noCredentials(text), { error: "must not hold a user name or password" })
  .transform((text) => text.replace(/\/+$/, ""));

/** A cluster's has several `host:port`, separated by commas, which no URL parser takes. */
const CLUSTER_URL = /^rediss?-cluster:\/\/[^\s/?#,@]+(?:,[^\s/?#,@]+)*\/?$/;

export const redisUrl = z
  .string()
  .refine((text) => CLUSTER_URL.test(text) || /^rediss?:$/.test(URL.parse(text)?.protocol ?? ""), {
    error:
      "must be redis://host:port or rediss://host:port, or of a cluster redis-cluster://host:port,host:port",
    abort: true,
  })
  .refine((text) => noCredentials(text), {
    error: "must not hold credentials: they stand in NEURALLOG_REDIS_PASSWORD_FILE",
  });

function noCredentials(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const url = new URL(text);
  return url.username === "" && url.password === "";
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
const TOOL_NAMES = ["dotted", "underscore"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type ToolNames = (typeof TOOL_NAMES)[number];

/** The variables that a process with a listener has, whatever its role. */
export const listenerFields = {
  NEURALLOG_HOST: withDefault(z.string(), "127.0.0.1"),
  NEURALLOG_PORT: withDefault(port, "8080"),
  // Left out, the listener has its default; set to nothing, it is off.
  NEURALLOG_OPS_PORT: z
    .string()
    .default("9464")
    .transform((text) => (text === "" ? undefined : text))
    .pipe(port.optional()),
  NEURALLOG_PUBLIC_HOSTS: withDefault(list, ""),
  NEURALLOG_DRAIN_SECONDS: withDefault(wholeNumber(0, 600), "0"),
  NEURALLOG_MCP_WS_PORT: optional(port),
  NEURALLOG_MCP_TOOL_NAMES: withDefault(z.enum(TOOL_NAMES), "dotted"),
  NEURALLOG_LOG_LEVEL: withDefault(z.enum(LOG_LEVELS), "info"),
};

/** Where a process listens, how it drains, and what it tells about itself. */
export interface ListenerConfig {
  readonly host: string;
  readonly port: number;
  /** Listener for health and metrics, without authentication; `undefined` turns it off. */
  readonly opsPort: number | undefined;
  /** Listener for MCP over WebSockets; `undefined` turns it off. */
  readonly mcpSocketPort: number | undefined;
  /** Host names that the MCP doors take in `Host` and `Origin`, beside loopback's. */
  readonly publicHosts: readonly string[];
  readonly drainSeconds: number;
  readonly toolNames: ToolNames;
  readonly logLevel: LogLevel;
}

type ListenerValues = z.output<z.ZodObject<typeof listenerFields>>;

export function listenerConfig(values: ListenerValues): ListenerConfig {
  return {
    host: values.NEURALLOG_HOST,
    port: values.NEURALLOG_PORT,
    opsPort: values.NEURALLOG_OPS_PORT,
    mcpSocketPort: values.NEURALLOG_MCP_WS_PORT,
    publicHosts: values.NEURALLOG_PUBLIC_HOSTS,
    drainSeconds: values.NEURALLOG_DRAIN_SECONDS,
    toolNames: values.NEURALLOG_MCP_TOOL_NAMES,
    logLevel: values.NEURALLOG_LOG_LEVEL,
  };
}
