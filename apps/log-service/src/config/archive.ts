import { z } from "zod";

import { optional, path, wholeNumber, withDefault } from "./fields.ts";
import { readSecretFile, readTextFile } from "./read.ts";
import type { Secret } from "./secret.ts";

const TEN_YEARS = 10 * 366 * 86_400;

/** One server and one database: an operator's pooler or primary Service has one name. */
const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\/[^/?#\s]+\/[^/?#\s]+$/, {
    error: "must be postgres://host:port/database",
  })
  .refine((text) => URL.canParse(text), { error: "must be postgres://host:port/database" })
  .refine((text) => !text.includes("@"), {
    error: "must not hold credentials: they stand in NEURALLOG_ARCHIVE_…_PASSWORD_FILE",
  });

/** A name that PostgreSQL takes without quotes. */
const roleName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,62}$/, { error: "must be the name of a role in PostgreSQL" });

export const archiveFields = {
  NEURALLOG_ARCHIVE_URL: optional(postgresUrl),
  NEURALLOG_ARCHIVE_OWNER: withDefault(roleName, "neurallog_owner"),
  NEURALLOG_ARCHIVE_OWNER_PASSWORD_FILE: optional(path),
  NEURALLOG_ARCHIVE_WRITER: withDefault(roleName, "neurallog_writer"),
  NEURALLOG_ARCHIVE_WRITER_PASSWORD_FILE: optional(path),
  NEURALLOG_ARCHIVE_READER: withDefault(roleName, "neurallog_reader"),
  NEURALLOG_ARCHIVE_READER_PASSWORD_FILE: optional(path),
  NEURALLOG_ARCHIVE_CA_FILE: optional(path),
  NEURALLOG_ARCHIVE_RETENTION_SECONDS: withDefault(wholeNumber(3_600, TEN_YEARS), "604800"),
  NEURALLOG_ARCHIVE_FULL_TEXT: withDefault(z.enum(["on", "off"]), "on"),
  NEURALLOG_ARCHIVE_BUFFER_RECORDS: withDefault(
    wholeNumber(1_000, Number.MAX_SAFE_INTEGER),
    "100000",
  ),
  NEURALLOG_ARCHIVE_BUFFER_BYTES: optional(wholeNumber(1_048_576, Number.MAX_SAFE_INTEGER)),
};

export interface ArchiveLogin {
  readonly user: string;
  /** Undefined where the server asks for none. */
  readonly password: Secret | undefined;
}

/** Where records are kept for longer. Times in milliseconds, sizes in bytes; `undefined` means no limit. */
export interface ArchiveConfig {
  /** `postgres://host:port/database`, never with credentials. */
  readonly url: string;
  /** Certificates in PEM that the server's has to come from: then TLS is used. */
  readonly ca: string | undefined;
  readonly owner: ArchiveLogin;
  readonly writer: ArchiveLogin;
  readonly reader: ArchiveLogin;
  readonly retentionMs: number;
  readonly fullText: boolean;
  /** What may wait for the archive; beyond it the oldest records are not archived. */
  readonly buffer: { readonly records: number; readonly bytes: number | undefined };
}

type Values = z.output<z.ZodObject<typeof archiveFields>>;

/**
 * @returns undefined for a tenant without an archive; then no file is read.
 * @throws ConfigError for a file that cannot be read.
 */
export function archiveConfig(values: Values): ArchiveConfig | undefined {
  const url = values.NEURALLOG_ARCHIVE_URL;
  if (url === undefined) return undefined;
  const login = (role: "OWNER" | "WRITER" | "READER"): ArchiveLogin => {
    const variable = `NEURALLOG_ARCHIVE_${role}_PASSWORD_FILE` as const;
    const file = values[variable];
    return {
      user: values[`NEURALLOG_ARCHIVE_${role}`],
      password: file === undefined ? undefined : readSecretFile(variable, file),
    };
  };
  const caFile = values.NEURALLOG_ARCHIVE_CA_FILE;
  return {
    url,
    ca: caFile === undefined ? undefined : readTextFile("NEURALLOG_ARCHIVE_CA_FILE", caFile),
    owner: login("OWNER"),
    writer: login("WRITER"),
    reader: login("READER"),
    retentionMs: values.NEURALLOG_ARCHIVE_RETENTION_SECONDS * 1000,
    fullText: values.NEURALLOG_ARCHIVE_FULL_TEXT === "on",
    buffer: {
      records: values.NEURALLOG_ARCHIVE_BUFFER_RECORDS,
      bytes: values.NEURALLOG_ARCHIVE_BUFFER_BYTES,
    },
  };
}
