import { z } from "zod";

import {
  httpUrl,
  listenerConfig,
  listenerFields,
  optional,
  path,
  type ListenerConfig,
} from "./fields.ts";
import { ConfigError, readEnvironment, readSecretFile, type Environment } from "./read.ts";
import { Secret } from "./secret.ts";

const schema = z.object({
  ...listenerFields,
  NEURALLOG_URL: httpUrl,
  NEURALLOG_KEY_FILE: optional(path),
  NEURALLOG_KEY: optional(z.string()),
});

export const mcpVariables = Object.keys(schema.shape);

/** What the `mcp` role runs on, over HTTP and over stdio. */
export interface McpConfig extends ListenerConfig {
  /** The log service's address, without a trailing slash. */
  readonly url: string;
  /** The endpoint's own API key; without one, every caller must bring its own. */
  readonly key: Secret | undefined;
}

/** @throws ConfigError that lists every variable that is missing or wrong. */
export function readMcpConfig(env: Environment): McpConfig {
  const values = readEnvironment(schema, env);
  if (values.NEURALLOG_KEY !== undefined && values.NEURALLOG_KEY_FILE !== undefined) {
    throw new ConfigError([
      { variable: "NEURALLOG_KEY", message: "is set beside NEURALLOG_KEY_FILE: set one of them" },
    ]);
  }
  return { ...listenerConfig(values), url: values.NEURALLOG_URL, key: readKey(values) };
}

function readKey(values: z.output<typeof schema>): Secret | undefined {
  if (values.NEURALLOG_KEY !== undefined) return new Secret(values.NEURALLOG_KEY);
  if (values.NEURALLOG_KEY_FILE === undefined) return undefined;
  return readSecretFile("NEURALLOG_KEY_FILE", values.NEURALLOG_KEY_FILE);
}
