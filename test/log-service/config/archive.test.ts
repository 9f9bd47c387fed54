import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";

import { afterAll, expect, test } from "vitest";

import { ConfigError } from "../../../apps/log-service/src/config/read.ts";
import { readServeConfig } from "../../../apps/log-service/src/config/serve.ts";
import { readWorkConfig } from "../../../apps/log-service/src/config/work.ts";

const folder = mkdtempSync(join(tmpdir(), "neurallog-archive-config-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
const passwordFile = join(folder, "password");
writeFileSync(passwordFile, "hunter2-hunter2\n");
const caFile = join(folder, "ca.pem");
writeFileSync(caFile, "-----BEGIN CERTIFICATE-----\n");

const least = {
  NEURALLOG_TENANT: "acme",
  NEURALLOG_REDIS_URL: "redis://redis:6379",
  NEURALLOG_ACCESS_FILE: "/etc/neurallog/access.json",
  NEURALLOG_KEYS_DIR: "/etc/neurallog/keys",
};
const url = "postgres://archive:5432/neurallog";

test("without an address there is no archive, and none of its files is read", () => {
  const env = { ...least, NEURALLOG_ARCHIVE_OWNER_PASSWORD_FILE: "/nowhere" };
  expect(readServeConfig(env).archive).toBeUndefined();
  expect(readWorkConfig(env).archive).toBeUndefined();
});

test("an archive needs its address and has a default for all else", () => {
  const expected = {
    url,
    ca: undefined,
    owner: { user: "neurallog_owner", password: undefined },
    writer: { user: "neurallog_writer", password: undefined },
    reader: { user: "neurallog_reader", password: undefined },
    retentionMs: 604_800_000,
    fullText: true,
    buffer: { records: 100_000, bytes: undefined },
  };
  expect(readServeConfig({ ...least, NEURALLOG_ARCHIVE_URL: url }).archive).toEqual(expected);
  expect(readWorkConfig({ ...least, NEURALLOG_ARCHIVE_URL: url }).archive).toEqual(expected);
});

test("each setting of the archive is read", () => {
  const { archive } = readWorkConfig({
    ...least,
    NEURALLOG_ARCHIVE_URL: url,
    NEURALLOG_ARCHIVE_OWNER: "owner",
    NEURALLOG_ARCHIVE_OWNER_PASSWORD_FILE: passwordFile,
    NEURALLOG_ARCHIVE_CA_FILE: caFile,
    NEURALLOG_ARCHIVE_RETENTION_SECONDS: "86400",
    NEURALLOG_ARCHIVE_FULL_TEXT: "off",
    NEURALLOG_ARCHIVE_BUFFER_RECORDS: "5000",
    NEURALLOG_ARCHIVE_BUFFER_BYTES: "1048576",
  });
  expect(archive).toMatchObject({
    ca: "-----BEGIN CERTIFICATE-----\n",
    owner: { user: "owner" },
    retentionMs: 86_400_000,
    fullText: false,
    buffer: { records: 5_000, bytes: 1_048_576 },
  });
  expect(archive?.owner.password?.reveal()).toBe("hunter2-hunter2");
  expect(inspect(archive, { depth: 9 })).not.toContain("hunter2");
});

test.each([
  ["NEURALLOG_ARCHIVE_URL", "https://archive/neurallog"],
  ["NEURALLOG_ARCHIVE_URL", "postgres://archive:5432"],
  ["NEURALLOG_ARCHIVE_URL", "postgres://archive:5432/neurallog?sslmode=disable"],
  ["NEURALLOG_ARCHIVE_URL", "postgres://archive:99999/neurallog"],
  ["NEURALLOG_ARCHIVE_URL", "postgres://user:hunter2@archive:5432/neurallog"],
  ["NEURALLOG_ARCHIVE_OWNER", 'owner"; DROP TABLE logs; --'],
  ["NEURALLOG_ARCHIVE_OWNER_PASSWORD_FILE", "/nowhere/password"],
  ["NEURALLOG_ARCHIVE_CA_FILE", "/nowhere/ca.pem"],
  ["NEURALLOG_ARCHIVE_RETENTION_SECONDS", "10"],
  ["NEURALLOG_ARCHIVE_FULL_TEXT", "yes"],
  ["NEURALLOG_ARCHIVE_BUFFER_RECORDS", "-1"],
  ["NEURALLOG_ARCHIVE_BUFFER_BYTES", "0"],
])("a wrong %s is named and not repeated: %s", (variable, value) => {
  const env = { ...least, NEURALLOG_ARCHIVE_URL: url, [variable]: value };
  const wrong = expect.objectContaining({ problems: [expect.objectContaining({ variable })] });
  expect(() => readServeConfig(env)).toThrow(wrong);
  expect(() => readWorkConfig(env)).toThrow(ConfigError);
  expect(() => readServeConfig(env)).not.toThrow(/hunter2|DROP TABLE/);
});
