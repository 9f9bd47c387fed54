import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { z } from "zod";

import { startRedis } from "../../support/redis.ts";

const started = z.object({ pid: z.number(), folder: z.string() });

/** Whether something runs under this id: the watchdog needs a moment. */
async function isGone(pid: number): Promise<boolean> {
  for (let round = 0; round < 500; round++) {
    if (!runs(pid)) return true;
    await sleep(10);
  }
  return false;
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function ask<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { maxRetriesPerRequest: 1, enableReadyCheck: false });
  // The command's own rejection tells the same.
  client.on("error", () => undefined);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

describe("a Redis server for tests", () => {
  test("answers on a loopback port of its own and follows the given configuration", async () => {
    await using redis = await startRedis({ config: ["maxmemory 12mb", "appendonly yes"] });
    const [, memory] = await ask(redis.url, (client) => client.config("GET", "maxmemory"));
    expect(memory).toBe(String(12 * 1024 * 1024));
    const [, policy] = await ask(redis.url, (client) => client.config("GET", "maxmemory-policy"));
    expect(policy).toBe("noeviction");
  });

  test("takes its users from an ACL file", async () => {
    await using redis = await startRedis({
      users: "user default off\nuser app on >secret +ping\n",
    });
    await expect(ask(redis.url, (client) => client.ping())).rejects.toThrow(/NOAUTH/);
    const signedIn = redis.url.replace("//", "//app:secret@");
    await expect(ask(signedIn, (client) => client.ping())).resolves.toBe("PONG");
  });

  test("keeps what was fsynced over a kill -9 and a restart", async () => {
    await using redis = await startRedis({ config: ["appendonly yes", "appendfsync always"] });
    await ask(redis.url, (client) => client.set("kept", "yes"));
    const before = redis.pid;
    await redis.kill();
    expect(await isGone(before)).toBe(true);
    await redis.restart();
    expect(redis.pid).not.toBe(before);
    expect(await ask(redis.url, (client) => client.get("kept"))).toBe("yes");
  });

  test("is gone with its folder after stop", async () => {
    const redis = await startRedis();
    const { pid, folder } = redis;
    await redis.stop();
    expect(await isGone(pid)).toBe(true);
    expect(existsSync(folder)).toBe(false);
  });

  test("is gone with its folder when the test process is killed with -9", async () => {
    const fixture = new URL("../../support/redis.ts", import.meta.url).href;
    const script = `const { startRedis } = await import(${JSON.stringify(fixture)});
      const redis = await startRedis();
      console.log(JSON.stringify({ pid: redis.pid, folder: redis.folder }));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line]: unknown[] = await once(child.stdout, "data");
    const { pid, folder } = started.parse(JSON.parse(String(line)));
    expect(runs(pid)).toBe(true);
    child.kill("SIGKILL");
    expect(await isGone(pid)).toBe(true);
    for (let round = 0; round < 500 && existsSync(folder); round++) await sleep(10);
    expect(existsSync(folder)).toBe(false);
  });

  test("a configuration that Redis refuses fails with what Redis said", async () => {
    await expect(startRedis({ config: ["no-such-option yes"] })).rejects.toThrow(/no-such-option/);
  });
});
