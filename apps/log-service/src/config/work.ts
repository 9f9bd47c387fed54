import { z } from "zod";

import { WORK_LIMITS } from "../limits.ts";
import { archiveConfig, archiveFields, type ArchiveConfig } from "./archive.ts";
import {
  listenerFields,
  optional,
  path,
  redisUrl,
  wholeNumber,
  withDefault,
  type LogLevel,
} from "./fields.ts";
import { readEnvironment, readSecretFile, type Environment } from "./read.ts";
import type { Secret } from "./secret.ts";

const TEN_YEARS = 10 * 366 * 86_400;

/** Limits of single namespaces, as JSON: `{"audit":{"ageSeconds":31536000,"bytes":100000000}}`. */
const namespaceLimits = z.record(
  z.string(),
  z.strictObject({
    ageSeconds: z.int().min(60).max(TEN_YEARS).optional(),
    bytes: z.int().min(1_048_576).optional(),
  }),
);

export const workFields = {
  NEURALLOG_WORK: withDefault(z.enum(["inside", "none"]), "inside"),
  NEURALLOG_RETENTION_AGE_SECONDS: optional(wholeNumber(60, TEN_YEARS)),
  NEURALLOG_RETENTION_BYTES: optional(wholeNumber(1_048_576, Number.MAX_SAFE_INTEGER)),
  NEURALLOG_RETENTION_NAMESPACES: optional(
    z
      .string()
      .transform((text, context) => {
        try {
          return JSON.parse(text);
        } catch {
          context.addIssue({ code: "custom", message: "must be JSON" });
          return z.NEVER;
        }
      })
      .pipe(namespaceLimits),
  ),
  NEURALLOG_MEMORY_WATERMARK_PERCENT: withDefault(
    wholeNumber(50, 95),
    String(WORK_LIMITS.watermark * 100),
  ),
};

/** What is done with stored blocks, and where; times in milliseconds. */
export interface WorkConfig {
  /** `inside` the process that serves, or `none`: then processes of the role `work` do it. */
  readonly place: "inside" | "none";
  readonly policy: {
    readonly ageMs: number | undefined;
    readonly bytes: number | undefined;
    readonly namespaces: Readonly<Record<string, NamespaceLimits>> | undefined;
    /** Share of the store's memory above which the oldest blocks go. */
    readonly watermark: number;
  };
}

interface NamespaceLimits {
  readonly ageMs?: number | undefined;
  readonly bytes?: number | undefined;
}

type WorkValues = z.output<z.ZodObject<typeof workFields>>;

export function workConfig(values: WorkValues): WorkConfig {
  const ageSeconds = values.NEURALLOG_RETENTION_AGE_SECONDS;
  const namespaces = values.NEURALLOG_RETENTION_NAMESPACES;
  return {
    place: values.NEURALLOG_WORK,
    policy: {
      ageMs: ageSeconds === undefined ? undefined : ageSeconds * 1000,
      bytes: values.NEURALLOG_RETENTION_BYTES,
      namespaces:
        namespaces &&
        Object.fromEntries(
          Object.entries(namespaces).map(([name, limits]) => [
            name,
            {
              ageMs: limits.ageSeconds === undefined ? undefined : limits.ageSeconds * 1000,
              bytes: limits.bytes,
            },
          ]),
        ),
      watermark: values.NEURALLOG_MEMORY_WATERMARK_PERCENT / 100,
    },
  };
}

const roleSchema = z.object({
  NEURALLOG_HOST: listenerFields.NEURALLOG_HOST,
  NEURALLOG_OPS_PORT: listenerFields.NEURALLOG_OPS_PORT,
  NEURALLOG_LOG_LEVEL: listenerFields.NEURALLOG_LOG_LEVEL,
  NEURALLOG_TENANT: z.string().min(1),
  NEURALLOG_REDIS_URL: redisUrl,
  NEURALLOG_REDIS_USERNAME: withDefault(z.string(), "app"),
  NEURALLOG_REDIS_PASSWORD_FILE: optional(path),
  ...workFields,
  ...archiveFields,
});

export const workVariables = Object.keys(roleSchema.shape);

/** What the role `work` runs on: a part of what `serve` does, under the same names. */
export interface WorkRoleConfig {
  readonly tenant: string;
  readonly host: string;
  readonly opsPort: number | undefined;
  readonly logLevel: LogLevel;
  readonly redis: {
    readonly url: string;
    readonly username: string;
    readonly password: Secret | undefined;
  };
  readonly work: WorkConfig;
  /** Undefined for a tenant without one. */
  readonly archive: ArchiveConfig | undefined;
}

/** @throws ConfigError that lists every variable that is missing or wrong. */
export function readWorkConfig(env: Environment): WorkRoleConfig {
  const values = readEnvironment(roleSchema, env);
  const passwordFile = values.NEURALLOG_REDIS_PASSWORD_FILE;
  return {
    tenant: values.NEURALLOG_TENANT,
    host: values.NEURALLOG_HOST,
    opsPort: values.NEURALLOG_OPS_PORT,
    logLevel: values.NEURALLOG_LOG_LEVEL,
    redis: {
      url: values.NEURALLOG_REDIS_URL,
      username: values.NEURALLOG_REDIS_USERNAME,
      password:
        passwordFile === undefined
          ? undefined
          : readSecretFile("NEURALLOG_REDIS_PASSWORD_FILE", passwordFile),
    },
    work: workConfig(values),
    archive: archiveConfig(values),
  };
}
