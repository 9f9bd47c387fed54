import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";

import { afterAll, describe, expect, test } from "vitest";

import { readMcpConfig } from "../../../apps/log-service/src/config/mcp.ts";
import { ConfigError } from "../../../apps/log-service/src/config/read.ts";
import { readServeConfig } from "../../../apps/log-service/src/config/serve.ts";
import { unknownVariables } from "../../../apps/log-service/src/config/unknown.ts";

const folder = mkdtempSync(join(tmpdir(), "neurallog-config-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const passwordFile = join(folder, "password");
writeFileSync(passwordFile, "hunter2-hunter2\n");

const least = {
  NEURALLOG_TENANT: "acme",
  NEURALLOG_REDIS_URL: "redis://redis:6379",
  NEURALLOG_ACCESS_FILE: "/etc/neurallog/access.json",
  NEURALLOG_KEYS_DIR: "/etc/neurallog/keys",
};

function problems(read: () => unknown): readonly { variable: string; message: string }[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("the configuration of serve", () => {
  test("needs four variables and has a default for every other", () => {
    expect(readServeConfig(least)).toMatchObject({
      tenant: "acme",
      host: "127.0.0.1",
      port: 8080,
      opsPort: 9464,
      redis: { url: "redis://redis:6379", username: "app", password: undefined },
      access: { file: "/etc/neurallog/access.json", keysDir: "/etc/neurallog/keys" },
      namespaces: { enabled: true, default: "default" },
      rates: { recordsPerSecond: undefined, bytesPerSecond: undefined },
      redaction: { fields: [], presets: [], patterns: [] },
      queries: { slowMs: 1_000, logText: false },
      syslog: {
        tcp: undefined,
        tls: undefined,
        udp: undefined,
        networks: ["127.0.0.0/8", "::1/128"],
      },
      tls: undefined,
      publicHosts: [],
      drainSeconds: 0,
      toolNames: "dotted",
      logLevel: "info",
    });
  });

  test("names every variable that is missing or wrong, all at once", () => {
    const found = problems(() =>
      readServeConfig({
        NEURALLOG_REDIS_URL: "http://redis",
        NEURALLOG_PORT: "70000",
        NEURALLOG_NAMESPACES: "maybe",
        NEURALLOG_RETENTION_AGE_SECONDS: "7d",
      }),
    );
    expect(found.map(({ variable }) => variable).sort()).toEqual([
      "NEURALLOG_ACCESS_FILE",
      "NEURALLOG_KEYS_DIR",
      "NEURALLOG_NAMESPACES",
      "NEURALLOG_PORT",
      "NEURALLOG_REDIS_URL",
      "NEURALLOG_RETENTION_AGE_SECONDS",
      "NEURALLOG_TENANT",
    ]);
    expect(found.find(({ variable }) => variable === "NEURALLOG_TENANT")?.message).toBe(
      "is missing",
    );
  });

  test("turns the ops listener off when its port is set to nothing", () => {
    expect(readServeConfig({ ...least, NEURALLOG_OPS_PORT: "" }).opsPort).toBeUndefined();
  });

  test("refuses credentials in the Redis address, without repeating them", () => {
    const found = problems(() =>
      readServeConfig({ ...least, NEURALLOG_REDIS_URL: "redis://app:hunter2@redis:6379" }),
    );
    expect(found).toHaveLength(1);
    expect(found[0]?.variable).toBe("NEURALLOG_REDIS_URL");
    expect(JSON.stringify(found)).not.toContain("hunter2");
  });

  test("reads the Redis password from its file and never shows it", () => {
    const config = readServeConfig({ ...least, NEURALLOG_REDIS_PASSWORD_FILE: passwordFile });
    expect(config.redis.password?.reveal()).toBe("hunter2-hunter2");
    const shown = [
      JSON.stringify(config),
      inspect(config, { depth: 9 }),
      `${config.redis.password}`,
    ];
    for (const text of shown) expect(text).not.toContain("hunter2");
  });

  test("says which file cannot be read", () => {
    const found = problems(() =>
      readServeConfig({ ...least, NEURALLOG_REDIS_PASSWORD_FILE: join(folder, "absent") }),
    );
    expect(found[0]).toMatchObject({ variable: "NEURALLOG_REDIS_PASSWORD_FILE" });
    expect(found[0]?.message).toContain("ENOENT");
  });
});

describe("the configuration of mcp", () => {
  test("takes the log service's address without its trailing slash", () => {
    const config = readMcpConfig({ NEURALLOG_URL: "http://log-service.tenant-acme:8080/" });
    expect(config.url).toBe("http://log-service.tenant-acme:8080");
    expect(config.key).toBeUndefined();
  });

  test("refuses a key beside a key file", () => {
    const found = problems(() =>
      readMcpConfig({
        NEURALLOG_URL: "http://localhost:8080",
        NEURALLOG_KEY: "nlk_a",
        NEURALLOG_KEY_FILE: passwordFile,
      }),
    );
    expect(found.map(({ variable }) => variable)).toEqual(["NEURALLOG_KEY"]);
  });
});

test("a variable that no role knows is named, with what was probably meant", () => {
  const env = {
    ...least,
    NEURALLOG_URL: "http://x",
    NEURALLOG_RETENTION_BYTE: "1",
    NEURALLOG_ZZZ: "",
    PATH: "/",
  };
  expect(unknownVariables(env)).toEqual([
    "NEURALLOG_RETENTION_BYTE has no effect: did you mean NEURALLOG_RETENTION_BYTES?",
    "NEURALLOG_ZZZ has no effect",
  ]);
});
