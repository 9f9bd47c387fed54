import { expect, onTestFinished, test, vi } from "vitest";

import { tidyWhenIdle } from "../../../apps/log-service/src/roles/tidy.ts";
import { LAUNCH_LIMITS } from "../../../apps/log-service/src/limits.ts";

const EVERY_MS = 50;

/** Keeps the thread busy in turns, so that timers run in between, for so long. */
async function work(ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end;) {
    for (const turn = performance.now() + EVERY_MS; performance.now() < turn;);
    await new Promise(setImmediate);
  }
}

function tidied(again: boolean) {
  const collect = vi.fn<() => void>();
  const stop = tidyWhenIdle({ collect, everyMs: EVERY_MS, again });
  onTestFinished(stop);
  return collect;
}

const idle = { timeout: 20_000, interval: 500 };

test("a thread is tidied once it is idle, and not while it works", async () => {
  const collect = tidied(true);
  await work(4 * EVERY_MS);
  expect(collect).not.toHaveBeenCalled();
  await expect.poll(() => collect.mock.calls.length, idle).toBe(1);
});

test("what has little to do is not tidied again, what has worked is", async () => {
  const collect = tidied(true);
  await expect.poll(() => collect.mock.calls.length, idle).toBe(1);
  await work(LAUNCH_LIMITS.untidyMs / 2);
  await new Promise((resolve) => setTimeout(resolve, 10 * EVERY_MS));
  expect(collect).toHaveBeenCalledTimes(1);
  await work(LAUNCH_LIMITS.untidyMs);
  await expect.poll(() => collect.mock.calls.length, idle).toBe(2);
});

test("a thread that others wait for is tidied once at most", async () => {
  const collect = tidied(false);
  await expect.poll(() => collect.mock.calls.length, idle).toBe(1);
  await work(2 * LAUNCH_LIMITS.untidyMs);
  await new Promise((resolve) => setTimeout(resolve, 10 * EVERY_MS));
  expect(collect).toHaveBeenCalledTimes(1);
});
