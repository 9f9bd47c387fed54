import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { NeuralLogClient } from "@neurallog/client";
import { afterEach, describe, expect, test } from "vitest";

import { startProxy } from "../client/proxy.ts";
import { freePort } from "../support/port.ts";
import { startRedis } from "../support/redis.ts";
import { redisUsers, startService, type TestService } from "../support/service.ts";
import { drive } from "./driven.ts";
import { findPythons } from "./pythons.ts";

const found = await findPythons();
// The oldest and the newest: what lies between differs in nothing that meets the service.
const pythons = [...new Set([found[0], found.at(-1)])].filter((python) => python !== undefined);
const TRANSPORTS = ["http", "websocket"] as const;

let service: TestService | undefined;
afterEach(() => service?.stop());

/** A service with both doors, and how a program and a person come to it. */
async function startBoth(redisUrl: string) {
  const socketPort = await freePort();
  const env = { NEURALLOG_MCP_WS_PORT: String(socketPort) };
  const started = (service = await startService({ redisUrl, env }));
  return {
    addresses: { http: started.url, websocket: `ws://127.0.0.1:${socketPort}/mcp` },
    keys: started.keys,
    admin: new NeuralLogClient({ url: started.url, key: started.keys.admin }),
  };
}

async function numbersOf(admin: NeuralLogClient, q: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { metadata } of admin.searchAll({ q, limit: 1_000 }))
    found.push(metadata?.["number"]);
  return found;
}

const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);
const sorted = (numbers: unknown[]) => numbers.map(Number).toSorted((a, b) => a - b);

describe.each(pythons)("a program in Python $version", (python) => {
  test("is found by what it logged, and follows the level that is set, over both transports", async () => {
    await using redis = await startRedis({ users: redisUsers });
    const { addresses, keys, admin } = await startBoth(redis.url);
    for (const transport of TRANSPORTS) {
      const component = `over-${transport}`;
      await using program = drive(python, {
        url: addresses[transport],
        key: keys.writer,
        component,
        level: "INFO",
      });
      await program.log("info", "at info", 1_500);
      await program.log("debug", "not yet");
      expect(await program.flush(30)).toBe(true);
      expect(sorted(await numbersOf(admin, `source:${component} "at info"`))).toEqual(upTo(1_500));
      const { records } = await admin.search({ source: component, limit: 1 });
      expect(records[0]).toMatchObject({
        level: "INFO",
        source: component,
        metadata: { token: "[REDACTED]" },
      });
      expect(records[0]?.trace_id).toBeUndefined();
      await admin.admin.setLevel({ source: component, level: "DEBUG" });
      await expect.poll(async () => (await program.stats()).level).toBe("DEBUG");
      await program.log("debug", "from now on");
      expect(await program.flush(30)).toBe(true);
      // A connection has one second: on a busy machine the service may need more, and is asked again.
      expect(
        (await program.end()).replace(/^neurallog: records wait: .*timed? ?out.*\n/gm, ""),
      ).toBe("");
      expect((await admin.count({ q: `source:${component} level:DEBUG` })).count).toBe(1);
    }
  });

  test("loses nothing and stores nothing twice while its service is killed and its connection cut", async () => {
    await using redis = await startRedis({ users: redisUsers });
    let { keys, admin } = await startBoth(redis.url);
    const keyFile = join(redis.folder, "writer.key");
    writeFileSync(keyFile, keys.writer);
    await using proxy = await startProxy(service?.url ?? "");
    await using program = drive(python, {
      url: proxy.url,
      key_file: keyFile,
      component: "shop",
    });
    for (const round of upTo(6)) {
      await program.log("info", "order", 400, round * 400);
      // An answer that is lost on its way is asked for again under its key.
      proxy.cutAfter(round % 2 === 0 ? 40 : undefined);
      proxy.cut();
      if (round === 2) {
        proxy.lead(undefined);
        await service?.stop();
      }
      if (round === 3) {
        // Each start of a test's service has keys of its own: the program reads its file again.
        ({ keys, admin } = await startBoth(redis.url));
        writeFileSync(keyFile, keys.writer);
        proxy.lead(service?.url);
      }
    }
    proxy.cutAfter(undefined);
    proxy.cut();
    await expect.poll(() => program.stats()).toMatchObject({ queued: 0, dropped: 0, rejected: 0 });
    expect(sorted(await numbersOf(admin, "source:shop order"))).toEqual(upTo(2_400));
  });
});
