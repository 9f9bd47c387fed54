import { expect, test } from "vitest";

import { createMemoryClearings } from "../../../apps/log-service/src/archive/clearings/memory.ts";
import { joinPositions } from "../../../apps/log-service/src/archive/moving.ts";
import { ArchiveAlarm } from "../../../apps/log-service/src/roles/archive-alarm.ts";
import { createMemoryStore } from "../../../apps/log-service/src/store/memory/memory-store.ts";
import { clearing } from "../archive/clearings/conformance.ts";
import { sampleRecord } from "../record/sample.ts";

test("the archive wakes a thread at the start, for new records and for clearings, and lets it rest otherwise", async () => {
  const store = createMemoryStore();
  const clearings = createMemoryClearings();
  const alarm = new ArchiveAlarm(store, clearings);
  expect(await alarm.isDue()).toBe(true);
  await store.append([sampleRecord()]);
  alarm.set(joinPositions(await store.positions()));
  expect(await alarm.isDue()).toBe(false);
  await store.append([sampleRecord()]);
  expect(await alarm.isDue()).toBe(true);
  alarm.set(joinPositions(await store.positions()));
  for (const noted of ["begin", "add"] as const) {
    expect(await alarm.isDue()).toBe(false);
    await clearings[noted](clearing("one"));
    expect(await alarm.isDue()).toBe(true);
    await clearings.done(["one"]);
  }
});

test("the archive does not wake a thread at once where another process moves records", async () => {
  const store = createMemoryStore();
  const alarm = new ArchiveAlarm(store, undefined);
  await store.append([sampleRecord()]);
  alarm.set(undefined);
  expect(await alarm.isDue()).toBe(false);
  alarm.ring();
  expect(await alarm.isDue()).toBe(true);
});
