import { z } from "zod";

import { STORE_LIMITS } from "../limits.ts";
import { archiveConfig, archiveFields, type ArchiveConfig } from "./archive.ts";
import {
  listenerConfig,
  listenerFields,
  optional,
  path,
  redisUrl,
  wholeNumber,
  withDefault,
  type ListenerConfig,
} from "./fields.ts";
import { ConfigError, readEnvironment, readSecretFile, type Environment } from "./read.ts";
import { queryConfig, queryFields, type QuerySettings } from "./queries.ts";
import { redactionConfig, redactionFields, type RedactionSettings } from "./redaction.ts";
import type { Secret } from "./secret.ts";
import { tlsConfig, tlsFields, type TlsConfig } from "./tls.ts";
import { syslogConfig, syslogFields, type SyslogConfig } from "./syslog.ts";
import { workConfig, workFields, type WorkConfig } from "./work.ts";

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const schema = z.object({
  ...listenerFields,
  NEURALLOG_TENANT: z.string().regex(NAME, { error: "must be a tenant id" }),
  NEURALLOG_REDIS_URL: redisUrl,
  NEURALLOG_REDIS_USERNAME: withDefault(z.string(), "app"),
  NEURALLOG_REDIS_PASSWORD_FILE: optional(path),
  NEURALLOG_REDIS_LANES: withDefault(wholeNumber(1, STORE_LIMITS.lanes), "1"),
  NEURALLOG_ACCESS_FILE: path,
  NEURALLOG_KEYS_DIR: path,
  NEURALLOG_NAMESPACES: withDefault(z.enum(["enabled", "disabled"]), "enabled"),
  NEURALLOG_DEFAULT_NAMESPACE: withDefault(
    z.string().regex(NAME, { error: "must be a namespace's name" }),
    "default",
  ),
  NEURALLOG_RATE_RECORDS_PER_SECOND: optional(wholeNumber(1, 1e9)),
  NEURALLOG_RATE_BYTES_PER_SECOND: optional(wholeNumber(1, 1e12)),
  ...redactionFields,
  ...tlsFields,
  ...queryFields,
  ...syslogFields,
  ...workFields,
  ...archiveFields,
});

export const serveVariables = Object.keys(schema.shape);

export interface RedisConfig {
  /** `redis://` or `rediss://`, never with credentials. */
  readonly url: string;
  readonly username: string;
  readonly password: Secret | undefined;
  /** Lanes that a namespace is spread over; all replicas of a tenant have the same. */
  readonly lanes: number;
}

/** What `serve` runs on. Times in seconds, sizes in bytes; `undefined` means no limit. */
export interface ServeConfig extends ListenerConfig {
  readonly tenant: string;
  readonly redis: RedisConfig;
  readonly access: { readonly file: string; readonly keysDir: string };
  readonly namespaces: { readonly enabled: boolean; readonly default: string };
  /** For each API key. */
  readonly rates: {
    readonly recordsPerSecond: number | undefined;
    readonly bytesPerSecond: number | undefined;
  };
  readonly redaction: RedactionSettings;
  readonly tls: TlsConfig | undefined;
  readonly queries: QuerySettings;
  readonly syslog: SyslogConfig;
  readonly work: WorkConfig;
  /** Undefined for a tenant without one. */
  readonly archive: ArchiveConfig | undefined;
}

/** @throws ConfigError that lists every variable that is missing or wrong. */
export function readServeConfig(env: Environment): ServeConfig {
  const values = readEnvironment(schema, env);
  const passwordFile = values.NEURALLOG_REDIS_PASSWORD_FILE;
  const tls = tlsConfig(values);
  if (values.NEURALLOG_SYSLOG_TLS !== undefined && tls === undefined) {
    const message = "is needed for NEURALLOG_SYSLOG_TLS";
    throw new ConfigError([{ variable: "NEURALLOG_TLS_CERT_FILE", message }]);
  }
  return {
    ...listenerConfig(values),
    tenant: values.NEURALLOG_TENANT,
    redis: {
      url: values.NEURALLOG_REDIS_URL,
      username: values.NEURALLOG_REDIS_USERNAME,
      password:
        passwordFile === undefined
          ? undefined
          : readSecretFile("NEURALLOG_REDIS_PASSWORD_FILE", passwordFile),
      lanes: values.NEURALLOG_REDIS_LANES,
    },
    access: { file: values.NEURALLOG_ACCESS_FILE, keysDir: values.NEURALLOG_KEYS_DIR },
    namespaces: {
      enabled: values.NEURALLOG_NAMESPACES === "enabled",
      default: values.NEURALLOG_DEFAULT_NAMESPACE,
    },
    rates: {
      recordsPerSecond: values.NEURALLOG_RATE_RECORDS_PER_SECOND,
      bytesPerSecond: values.NEURALLOG_RATE_BYTES_PER_SECOND,
    },
    redaction: redactionConfig(values),
    tls,
    queries: queryConfig(values),
    syslog: syslogConfig(values),
    work: workConfig(values),
    archive: archiveConfig(values),
  };
}
