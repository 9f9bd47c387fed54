import type { SourceLevel } from "@neurallog/client";
import { expect, test } from "vitest";

import { tombstoneMask } from "../../apps/log-service/src/query/engine/tombstones.ts";
import { createMemoryStore } from "../../apps/log-service/src/store/memory/memory-store.ts";
import { startTestService } from "../log-service/http/support.ts";

const startService = () =>
  startTestService({ store: createMemoryStore({ compileTombstone: tombstoneMask }) });

test("an administrator counts what clearing would take, clears it, and nobody finds it again", async () => {
  await using service = await startService();
  await service.client("writer").write([
    { message: "a", source: "one", timestamp: "2026-01-01T00:00:00Z" },
    { message: "b", source: "two", timestamp: "2026-01-01T00:00:00Z" },
  ]);
  const { admin } = service.client("admin");
  const what = { namespace: "default", q: "source:one", to: new Date("2026-01-02") };
  expect(await admin.previewClear(what)).toEqual({
    namespaces: ["default"],
    records: 1,
    truncated: false,
  });
  const { tombstones } = await admin.clear(what);
  expect(tombstones).toMatchObject([{ namespace: "default" }]);
  // Until the work thread has taken the records out, which may be already.
  const underWay = (await admin.clearings()).map(({ id }) => id);
  expect([[], [tombstones[0]?.id]]).toContainEqual(underWay);
  const { records } = await service.client("reader").search();
  expect(records.map(({ message }) => message)).toEqual(["b"]);
});

test("clearing without a condition has to be meant", async () => {
  await using service = await startService();
  const { admin } = service.client("admin");
  await expect(admin.clear({ namespace: "default" })).rejects.toMatchObject({ status: 400 });
});

test("a key is listed, revoked and restored", async () => {
  await using service = await startService();
  const { admin } = service.client("admin");
  expect((await admin.keys()).map(({ name, state }) => [name, state])).toContainEqual([
    "reader",
    "active",
  ]);
  expect(await admin.revokeKey("reader")).toMatchObject({ name: "reader", state: "revoked" });
  await expect(service.client("reader").search()).rejects.toMatchObject({ status: 401 });
  expect(await admin.restoreKey("reader")).toMatchObject({ state: "active" });
  await expect(admin.revokeKey("no body")).rejects.toMatchObject({ code: "NL_KEY_UNKNOWN" });
});

test("a program follows the levels that are set, changed and taken back", async () => {
  await using service = await startService();
  const { admin } = service.client("admin");
  const end = new AbortController();
  const seen: (readonly SourceLevel[])[] = [];
  const following = (async () => {
    for await (const levels of service.client("writer").followLevels({ signal: end.signal }))
      seen.push(levels);
  })();
  await expect.poll(() => seen).toEqual([[]]);
  const set = await admin.setLevel({ source: "checkout", level: "debug" });
  expect(set).toMatchObject({ source: "checkout", namespace: "*", level: "DEBUG", by: "admin" });
  const level = { source: "checkout", namespace: "*", level: "DEBUG" };
  await expect.poll(() => seen).toEqual([[], [level]]);
  expect(await admin.levels()).toMatchObject([level]);
  await admin.unsetLevel({ source: "checkout" });
  await expect.poll(() => seen).toEqual([[], [level], []]);
  end.abort();
  await following;
});

test("attack: whoever is no administrator may none of it", async () => {
  await using service = await startService();
  for (const role of ["writer", "reader"]) {
    const { admin } = service.client(role);
    const calls = [
      () => admin.keys(),
      () => admin.revokeKey("admin"),
      () => admin.clear({ namespace: "default", everything: true }),
      () => admin.setLevel({ source: "*", level: "TRACE" }),
      () => admin.unsetLevel({ source: "*" }),
    ];
    for (const call of calls)
      await expect(call()).rejects.toMatchObject({ code: "NL_FORBIDDEN_ROLE" });
  }
});
