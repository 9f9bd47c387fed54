import { setTimeout as sleep } from "node:timers/promises";

import { ConnectionError, NeuralLogClient, type LogInput } from "@neurallog/client";
import { afterEach, expect, test } from "vitest";

import { startRedis } from "../support/redis.ts";
import { redisUsers, startService, type TestService } from "../support/service.ts";
import { startProxy } from "./proxy.ts";

let service: TestService | undefined;
afterEach(() => service?.stop());

/** Goes on until the service takes it, which it does under one name. */
async function writeSurely(client: NeuralLogClient, record: LogInput, name: string): Promise<void> {
  for (;;) {
    try {
      await client.write(record, { idempotencyKey: name });
      return;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      await sleep(50);
    }
  }
}

test("a writer and a follower outlive kills of the service: every record is stored and seen once", async () => {
  await using redis = await startRedis({ users: redisUsers });
  service = await startService({ redisUrl: redis.url });
  await using proxy = await startProxy(service.url);
  const client = new NeuralLogClient({
    url: proxy.url,
    // Each start of a test's service has keys of its own, by the same names.
    key: () => service?.keys.admin,
  });
  await client.write({ message: "before" });
  const seen: string[] = [];
  const end = new AbortController();
  const options = { signal: end.signal, after: (await client.search()).position };
  const following = (async () => {
    for await (const { message } of client.follow({}, options)) seen.push(message);
  })();
  const messages = Array.from({ length: 120 }, (_, n) => `m${n}`);
  const writing = (async () => {
    for (const message of messages) {
      await writeSurely(client, { message }, message);
      await sleep(10);
    }
  })();
  for (const at of [20, 70]) {
    await expect.poll(() => seen.length).toBeGreaterThan(at);
    proxy.lead(undefined);
    // Kills it.
    await service.stop();
    service = await startService({ redisUrl: redis.url });
    proxy.lead(service.url);
  }
  await writing;
  await expect.poll(() => seen.length).toBe(messages.length);
  expect(seen).toEqual(messages);
  expect((await client.count()).count).toBe(messages.length + 1);
  end.abort();
  await following;
});
