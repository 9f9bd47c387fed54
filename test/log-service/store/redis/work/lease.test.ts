import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

import type { LogStore } from "../../../../../apps/log-service/src/store/port.ts";
import { runScript } from "../../../../../apps/log-service/src/store/redis/script.ts";
import {
  GIVE_LEASE,
  TAKE_LEASE,
} from "../../../../../apps/log-service/src/store/redis/work/scripts.ts";
import { startRedis } from "../../../../support/redis.ts";
import { watchdog } from "../../../../../tools/watchdog.ts";
import {
  appendSingles,
  lengths,
  mergeAll,
  numbered,
  openStore,
  shownTexts,
  withClient,
} from "./support.ts";

const LEASE = "{nl:default:0}:l";
const MERGER = fileURLToPath(new URL("merger.ts", import.meta.url));

const stores: LogStore[] = [];
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});

async function open(url: string): Promise<LogStore> {
  const store = await openStore(url);
  stores.push(store);
  return store;
}

describe("the lease of a lane", () => {
  it("is taken by one process at a time, kept by it, and given back", async () => {
    await using redis = await startRedis();
    await withClient(redis.url, async (client) => {
      const take = (holder: string) => runScript(client, TAKE_LEASE, [LEASE, holder, 10_000]);
      expect(await take("a")).toBe(1);
      expect(await take("b")).toBe(0);
      expect(await take("a")).toBe(1);
      expect(await runScript(client, GIVE_LEASE, [LEASE, "b"])).toBe(0);
      await runScript(client, GIVE_LEASE, [LEASE, "a"]);
      expect(await take("b")).toBe(2);
    });
  });

  it("goes to another with a higher token once its time is over", async () => {
    await using redis = await startRedis();
    await withClient(redis.url, async (client) => {
      expect(await runScript(client, TAKE_LEASE, [LEASE, "a", 20])).toBe(1);
      await sleep(40);
      expect(await runScript(client, TAKE_LEASE, [LEASE, "b", 10_000])).toBe(2);
      expect(await runScript(client, TAKE_LEASE, [LEASE, "a", 10_000])).toBe(0);
    });
  });

  it("can be taken when the server's clock has jumped back a year", async () => {
    await using redis = await startRedis();
    await withClient(redis.url, async (client) => {
      await client.hset(LEASE, { holder: "a", token: 7, until: Date.now() + 366 * 86_400_000 });
      expect(await runScript(client, TAKE_LEASE, [LEASE, "b", 10_000])).toBe(8);
    });
  });

  it("keeps a second process from merging, which takes over when the first gives it back", async () => {
    await using redis = await startRedis();
    const [one, other] = [await open(redis.url), await open(redis.url)];
    await appendSingles(one, numbered(3));
    await withClient(redis.url, (client) =>
      runScript(client, TAKE_LEASE, [LEASE, "somebody", 10_000]),
    );
    expect(await one.merge({ eager: true })).toMatchObject({ blocks: 0, more: false });
    await withClient(redis.url, (client) => runScript(client, GIVE_LEASE, [LEASE, "somebody"]));
    expect(await other.merge({ eager: true })).toMatchObject({ blocks: 3 });
    await other.close();
    await appendSingles(one, numbered(3, "more"));
    expect(await one.merge({ eager: true })).toMatchObject({ blocks: 3 });
  });

  it("is lost to a process that was stopped for too long: its swap is refused and nothing is there twice", async () => {
    await using redis = await startRedis();
    const store = await open(redis.url);
    const texts = numbered(30);
    await appendSingles(store, texts);
    const stale = await startStoppedMerger(redis.url);
    expect(await withClient(redis.url, (client) => client.hget(LEASE, "token"))).toBe("1");

    // Its time runs out, and another one takes over and does the work.
    await withClient(redis.url, (client) => client.hset(LEASE, "until", "0"));
    await store.merge({ eager: true });
    const more = numbered(30, "later");
    await appendSingles(store, more);
    expect(await lengths(redis.url)).toMatchObject({ small: 30, large: 1 });

    stale.child.kill("SIGCONT");
    const [code] = await once(stale.child, "exit");
    expect(code).toBe(0);
    const { output } = stale;
    expect(output.join("")).toContain("FENCE");
    expect(await shownTexts(store)).toEqual([...texts, ...more]);
    await mergeAll(store, { eager: true });
    expect(await shownTexts(store)).toEqual([...texts, ...more]);
  });
});

interface Stopped {
  readonly child: ChildProcess;
  readonly output: string[];
}

/** A merger that stops itself, as SIGSTOP does, when it is about to send its swap. */
async function startStoppedMerger(url: string): Promise<Stopped> {
  const child = spawn(process.execPath, [MERGER, url, "stop"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const callOff = watchdog('kill -9 "$1"', [String(child.pid)]);
  child.once("exit", callOff);
  const output: string[] = [];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => output.push(text));
  await expect.poll(() => output.join("")).toContain("stopping");
  const state = () => / ([A-Za-z]) /.exec(readFileSync(`/proc/${child.pid}/stat`, "utf8"))?.[1];
  await expect.poll(state).toBe("T");
  return { child, output };
}
