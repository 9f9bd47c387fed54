import { expect, test } from "vitest";

import type { Principal } from "../../../apps/log-service/src/access/principal.ts";
import { createMemoryClearings } from "../../../apps/log-service/src/archive/clearings/memory.ts";
import type { PendingClearings } from "../../../apps/log-service/src/archive/clearings/port.ts";
import { CLEARING_LIMITS } from "../../../apps/log-service/src/archive/limits.ts";
import { ServiceError } from "../../../apps/log-service/src/errors.ts";
import { Clearer } from "../../../apps/log-service/src/operations/clear.ts";
import { createLocalEngine } from "../../../apps/log-service/src/query/engine/local.ts";
import { createMemoryStore } from "../../../apps/log-service/src/store/memory/memory-store.ts";
import type { LogStore } from "../../../apps/log-service/src/store/port.ts";
import { clearing } from "../archive/clearings/conformance.ts";
import { sampleRecord } from "../record/sample.ts";

const ADMIN: Principal = { name: "admin", roles: ["admin"], namespaces: "*" };

function clearer(store: LogStore, clearings: PendingClearings): Clearer {
  const namespaces = { enabled: true, default: "default" };
  return new Clearer({ store, engine: createLocalEngine(store), namespaces, clearings });
}

const everything = (...names: string[]) => ({ namespace: names, everything: true });

/** A store of which one call fails. */
function clearingBy(store: LogStore, clear: LogStore["clear"]): LogStore {
  return Object.assign(Object.create(store), { clear });
}

test("clearing notes for the archive what it cleared, and leaves nothing begun", async () => {
  const store = createMemoryStore();
  const clearings = createMemoryClearings();
  const { tombstones } = await clearer(store, clearings).clear(ADMIN, everything("a", "b"));
  expect((await clearings.list()).map(({ id }) => id).toSorted()).toEqual(
    tombstones.map(({ id }) => id).toSorted(),
  );
  expect(await clearings.begun()).toEqual([]);
});

test("clearing clears nothing anywhere while too many wait for the archive", async () => {
  const store = createMemoryStore();
  const clearings = createMemoryClearings();
  for (let at = 1; at < CLEARING_LIMITS.pending; at += 1) await clearings.add(clearing(`c${at}`));
  await expect(clearer(store, clearings).clear(ADMIN, everything("a", "b"))).rejects.toMatchObject({
    code: "NL_CLEAR_LIMIT",
  });
  expect(await store.tombstones(["a", "b"])).toEqual([]);
  expect(await clearings.begun()).toEqual([]);
});

test("clearing that the hot store refuses is forgotten; one that may have come through stays begun", async () => {
  const plain = createMemoryStore();
  const clearings = createMemoryClearings();
  const failing = (code: "NL_CLEAR_LIMIT" | "NL_STORE_UNAVAILABLE") =>
    clearer(
      clearingBy(plain, () => Promise.reject(new ServiceError(code))),
      clearings,
    ).clear(ADMIN, everything("a", "b"));
  await expect(failing("NL_CLEAR_LIMIT")).rejects.toMatchObject({ code: "NL_CLEAR_LIMIT" });
  expect(await clearings.begun()).toEqual([]);
  await expect(failing("NL_STORE_UNAVAILABLE")).rejects.toMatchObject({
    code: "NL_STORE_UNAVAILABLE",
  });
  expect(await clearings.begun()).toMatchObject([{ namespace: "a", by: "admin" }]);
  expect(await clearings.list()).toEqual([]);
});

test("clearing that ended between the hot store and the archive stays begun", async () => {
  const store = createMemoryStore();
  const plain = createMemoryClearings();
  const clearings = { ...plain, add: () => Promise.reject(new Error("killed")) };
  await expect(clearer(store, clearings).clear(ADMIN, everything("a", "b"))).rejects.toThrow(
    "killed",
  );
  expect(await store.tombstones(["a", "b"])).toMatchObject([{ namespace: "a" }]);
  expect(await plain.begun()).toMatchObject([{ namespace: "a" }]);
});

test.each([
  {},
  { text: "" },
  { q: "" },
  { q: " " },
  { q: "*" },
  { q: "* AND *" },
  { metadata: [] },
])(
  "attack: %j, which has no condition, clears nothing unless everything is asked for",
  async (asked) => {
    const store = createMemoryStore();
    await store.append([sampleRecord({ namespace: "a" })]);
    const cleared = clearer(store, createMemoryClearings()).clear(ADMIN, {
      namespace: ["a"],
      ...asked,
    });
    await expect(cleared).rejects.toMatchObject({
      code: "NL_PARAMETER_INVALID",
      details: { parameter: "everything" },
    });
    expect(await store.tombstones(["a"])).toEqual([]);
  },
);
