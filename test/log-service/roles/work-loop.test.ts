import { expect, test } from "vitest";

import { startWorkLoop, type WorkReport } from "../../../apps/log-service/src/roles/work-loop.ts";
import { createMemoryStore } from "../../../apps/log-service/src/store/memory/memory-store.ts";
import type { RetentionPolicy } from "../../../apps/log-service/src/store/port.ts";
import { createRedisStore } from "../../../apps/log-service/src/store/redis/redis-store.ts";
import { startRedis } from "../../support/redis.ts";
import { sampleRecord } from "../record/sample.ts";
import { readyStore } from "../store/redis/ready.ts";

const HOUR = 60 * 60_000;

function listening() {
  const jumps: number[] = [];
  const failures: unknown[] = [];
  let recovered = 0;
  const report: WorkReport = {
    dropped: () => undefined,
    failed: (error) => failures.push(error),
    recovered: () => void (recovered += 1),
    jumped: (ms) => jumps.push(ms),
    stats: () => undefined,
  };
  return { jumps, failures, report, recovered: () => recovered };
}

test("a clock that jumps ahead makes nothing old: ages are left out, bytes and memory are not", async () => {
  const policies: RetentionPolicy[] = [];
  const inner = createMemoryStore();
  // Fails, so that the next full round follows at once.
  const store: typeof inner = {
    ...inner,
    retain: async (policy) => {
      policies.push(policy);
      throw new Error("not now");
    },
  };
  let offset = 0;
  const { jumps, report } = listening();
  const policy = {
    ageMs: HOUR,
    bytes: 7,
    watermark: 0.5,
    namespaces: { audit: { ageMs: 2 * HOUR, bytes: 9 } },
  };
  const loop = startWorkLoop(store, policy, report, { clock: () => Date.now() + offset });
  await expect.poll(() => policies.length).toBeGreaterThan(0);
  expect(policies[0]).toEqual(policy);
  offset = 365 * 24 * HOUR;
  await expect.poll(() => jumps).toHaveLength(1);
  policies.length = 0;
  await expect.poll(() => policies.length).toBeGreaterThan(0);
  await loop.stop();
  expect(jumps[0]).toBeGreaterThan(offset - 1_000);
  for (const seen of policies) {
    expect(seen).toEqual({ bytes: 7, watermark: 0.5, namespaces: { audit: { bytes: 9 } } });
  }
});

test("a process whose clock is a year ahead of Redis' own drops nothing for its age", async () => {
  await using redis = await startRedis();
  const store = await readyStore(createRedisStore({ url: redis.url }));
  await store.append([sampleRecord({ received: Date.now() - HOUR })]);
  const { report, failures, recovered } = listening();
  const loop = startWorkLoop(store, { ageMs: 24 * HOUR }, report, {
    // From its start on: no jump is to be seen.
    clock: () => Date.now() + 365 * 24 * HOUR,
  });
  // A whole round: the first one retains.
  await expect.poll(recovered).toBe(1);
  expect(await store.retain({ ageMs: 24 * HOUR }, Date.now() + 365 * 24 * HOUR)).toMatchObject({
    blocks: 0,
  });
  // What both clocks call old goes.
  expect(await store.retain({ ageMs: HOUR / 2 }, Date.now())).toMatchObject({ blocks: 1 });
  await loop.stop();
  await store.close();
  expect(failures).toEqual([]);
});
