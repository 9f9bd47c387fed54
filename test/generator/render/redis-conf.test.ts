import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { podPlace, redisConf, redisUsers, usersAcl } from "../../../generator/render/redis-conf.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";

const settings = { maxmemory: 33_554_432, durability: "always" } as const;
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const acl = usersAcl({
  app: sha256("app"),
  exporter: sha256("exporter"),
  backup: sha256("backup"),
  admin: sha256("admin"),
});

describe("users.acl", () => {
  let redis: TestRedis;
  const open: Redis[] = [];

  beforeAll(async () => {
    // The fixture's own port and folders win nothing: only what decides behaviour is taken from the text.
    const config = redisConf(settings, podPlace)
      .split("\n")
      .filter((line) => !/^(?:bind|port|dir|aclfile|logfile) /.test(line) && line !== "");
    redis = await startRedis({ config, users: acl });
  });
  afterAll(async () => {
    for (const client of open) client.disconnect();
    await redis.stop();
  });

  /** First words of what the server refused connections with. */
  const refusals: string[] = [];

  function connection(identity: { username?: string; password?: string }): Redis {
    const client = new Redis(redis.port, "127.0.0.1", {
      ...identity,
      lazyConnect: true,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    client.on("error", (error) => refusals.push(error.message.split(" ")[0] ?? ""));
    open.push(client);
    return client;
  }

  const ask = async (
    user: string,
    ...command: [string, ...(string | number)[]]
  ): Promise<unknown> => {
    const client = connection({ username: user, password: user });
    await client.connect();
    const [name, ...args] = command;
    return await client.call(name, ...args);
  };

  it("lets nobody in without a user", async () => {
    const client = connection({});
    await expect(client.connect()).rejects.toThrow("closed");
    await expect(client.ping()).rejects.toThrow("closed");
    expect(refusals).toContain("NOAUTH");
  });

  it("lets nobody in with a wrong password", async () => {
    const client = connection({ username: "app", password: "wrong" });
    await expect(client.connect()).rejects.toThrow("closed");
    await expect(client.ping()).rejects.toThrow("closed");
    expect(refusals).toContain("WRONGPASS");
  });

  it.each<[string, string, ...(string | number)[]]>([
    ["app", "SET", "nl:a", "1"],
    ["app", "SET", "{nl:default}:a", "1"],
    ["app", "XADD", "{nl:default}:blocks", "*", "b", "x"],
    ["app", "EVAL", "return redis.call('get', KEYS[1])", 1, "nl:a"],
    ["app", "PUBLISH", "nl:x", "1"],
    ["app", "INFO", "memory"],
    ["app", "CONFIG", "GET", "maxmemory-policy"],
    ["app", "CLIENT", "SETNAME", "x"],
    ["app", "SCAN", "0"],
    ["app", "MEMORY", "USAGE", "nl:a"],
    ["app", "TIME"],
    ["app", "WAIT", 0, 1],
    ["app", "SCRIPT", "LOAD", "return 1"],
    ["exporter", "PING"],
    ["exporter", "INFO", "all"],
    ["exporter", "CONFIG", "GET", "maxmemory"],
    ["exporter", "SLOWLOG", "GET"],
    ["exporter", "LATENCY", "LATEST"],
    ["exporter", "CLIENT", "LIST"],
    ["backup", "PING"],
    ["backup", "REPLCONF", "capa", "eof"],
    ["probe", "PING"],
    ["admin", "CONFIG", "SET", "slowlog-max-len", 200],
    ["admin", "SET", "anything", "1"],
    ["admin", "ACL", "WHOAMI"],
  ])("lets %s do %s %s", async (user, ...command) => {
    await expect(ask(user, ...command)).resolves.toBeDefined();
  });

  it.each<[string, string, ...(string | number)[]]>([
    ["app", "SET", "other", "1"],
    ["app", "EVAL", "return redis.call('set', KEYS[1], 1)", 1, "other"],
    ["app", "FLUSHALL"],
    ["app", "FLUSHDB"],
    ["app", "KEYS", "*"],
    ["app", "CONFIG", "SET", "maxmemory-policy", "allkeys-lru"],
    ["app", "CONFIG", "REWRITE"],
    ["app", "ACL", "LIST"],
    ["app", "ACL", "SETUSER", "app", "+@all"],
    ["app", "DEBUG", "SLEEP", 0],
    ["app", "SHUTDOWN", "NOSAVE"],
    ["app", "CLIENT", "KILL", "TYPE", "normal"],
    ["app", "MONITOR"],
    ["app", "REPLICAOF", "evil.example", 6379],
    ["app", "MIGRATE", "evil.example", 6379, "nl:a", 0, 100],
    ["app", "RESTORE", "nl:z", 0, "x"],
    ["app", "MODULE", "LOAD", "/tmp/x.so"],
    ["app", "SYNC"],
    ["app", "PUBLISH", "other", "1"],
    ["exporter", "GET", "nl:a"],
    ["exporter", "SET", "nl:a", "1"],
    ["exporter", "SCAN", "0"],
    ["exporter", "CONFIG", "SET", "maxmemory", 1],
    ["exporter", "SLOWLOG", "RESET"],
    ["exporter", "CLIENT", "KILL", "TYPE", "normal"],
    ["backup", "GET", "nl:a"],
    ["backup", "INFO"],
    ["backup", "CONFIG", "GET", "*"],
    ["probe", "INFO"],
    ["probe", "GET", "nl:a"],
    ["probe", "ACL", "WHOAMI"],
  ])("refuses %s %s %s", async (user, ...command) => {
    await expect(ask(user, ...command)).rejects.toThrow(
      // DEBUG and MODULE are switched off for everybody.
      /NOPERM|command not allowed/,
    );
  });

  it("holds no password in clear", () => {
    for (const line of acl.split("\n").filter(Boolean)) expect(line).not.toMatch(/ >/);
    expect(acl.match(/#[0-9a-f]{64}/g)).toHaveLength(redisUsers.length);
  });

  it("refuses a hash that would be read as a rule", () => {
    const hashes = { app: "x +@all ~*", exporter: "", backup: "", admin: "" };
    expect(() => usersAcl(hashes)).toThrow("SHA-256");
  });
});

describe("redis.conf", () => {
  let folder: string;
  beforeAll(() => {
    // Quotes, blanks and backslashes are legal in a folder's name.
    folder = mkdtempSync(join(tmpdir(), "neurallog conf \"quoted\" \\ 'x' "));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("starts a server from its text alone, in a folder of any name", async () => {
    writeFileSync(join(folder, "users.acl"), acl);
    const place = { bind: "127.0.0.1", port: 1, dir: folder, aclFile: join(folder, "users.acl") };
    const lines = redisConf(settings, place)
      .split("\n")
      .filter((line) => !/^(?:port|logfile) /.test(line) && line !== "");
    const redis = await startRedis({ config: lines });
    try {
      const client = new Redis(redis.port, "127.0.0.1", { username: "admin", password: "admin" });
      const config = async (name: string): Promise<unknown> => {
        const reply = await client.config("GET", name);
        return Array.isArray(reply) ? reply[1] : undefined;
      };
      expect(await config("maxmemory")).toBe("33554432");
      expect(await config("maxmemory-policy")).toBe("noeviction");
      expect(await config("appendonly")).toBe("yes");
      expect(await config("appendfsync")).toBe("always");
      expect(await config("save")).toBe("");
      expect(await config("rdbcompression")).toBe("no");
      expect(await config("protected-mode")).toBe("yes");
      expect(await config("dir")).toBe(folder);
      client.disconnect();
    } finally {
      await redis.stop();
    }
  });
});
