import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";

import { archivable, commit, DAY, messagesOf, NOW, WEEK } from "../samples.ts";
import { connectAs, openSite, startSite, type OpenSite, type Site } from "./site.ts";

let site: Site;
let open: OpenSite;
beforeAll(async () => {
  site = await startSite();
});
beforeEach(async () => {
  open = await openSite(site);
});
afterEach(() => open.close());
afterAll(() => site.stop());

const ask = (sql: string): ReturnType<Site["postgres"]["query"]> =>
  site.postgres.query(sql, open.addresses);

it("says which part the server refused, does the others, and goes on moving", async () => {
  await ask("REVOKE CREATE ON SCHEMA neurallog FROM neurallog_owner");
  await open.hold.move([commit(1, 1, [archivable({ received: NOW - 7 * DAY })])]);
  expect(await open.hold.tend(WEEK, NOW + DAY)).toEqual({
    made: 0,
    dropped: [{ day: "2026-01-03", records: 1 }],
    troubles: [{ kind: "tending", reason: expect.stringContaining("42501") }],
  });
  await open.hold.move([commit(1, 2, [archivable({ message: "moved" })])]);
  expect(await messagesOf(open.reader)).toEqual(["moved"]);
});

it("leaves a day alone that somebody took out to keep it, names it, and stores what comes for it apart", async () => {
  const today = archivable({ message: "kept" });
  await open.hold.move([commit(1, 1, [today])]);
  await ask("ALTER TABLE neurallog.logs_days DETACH PARTITION neurallog.logs_20260110");
  const tended = await open.hold.tend(WEEK, NOW + DAY);
  expect(tended).toMatchObject({ made: 1, dropped: [{ day: "2026-01-03" }] });
  expect(tended.troubles).toEqual([
    { kind: "kept", reason: expect.stringContaining("neurallog.logs_20260110") },
  ]);
  await open.hold.move([commit(1, 2, [archivable({ message: "apart" })])]);
  expect(await messagesOf(open.reader)).toEqual(["apart"]);
  expect(await ask("SELECT message FROM neurallog.logs_20260110")).toEqual([{ message: "kept" }]);
});

it("tells of a day whose dropping was interrupted", async () => {
  await open.hold.move([commit(1, 1, [archivable({ received: NOW - 7 * DAY }), archivable()])]);
  await ask("COMMENT ON TABLE neurallog.logs_20260103 IS 'neurallog: its records are too old'");
  // Another one looks at the day: what takes it out ends between its two transactions.
  const reader = await connectAs(open.addresses.owner);
  await reader.query("BEGIN; SELECT 1 FROM neurallog.logs_20260103");
  const detaching = ask(
    "ALTER TABLE neurallog.logs_days DETACH PARTITION neurallog.logs_20260103 CONCURRENTLY",
  );
  detaching.catch(() => undefined);
  const pending = (): Promise<readonly unknown[]> =>
    ask("SELECT 1 FROM pg_inherits WHERE inhdetachpending");
  await expect.poll(pending).toHaveLength(1);
  await ask(
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%CONCURRENTLY' AND pid <> pg_backend_pid()",
  );
  await expect(detaching).rejects.toThrow("canceling");
  await reader.query("ROLLBACK");
  await reader.end();
  const tended = await open.hold.tend(WEEK, NOW);
  expect(tended.dropped).toEqual([{ day: "2026-01-03", records: 1 }]);
  expect((await open.reader.stats()).namespaces[0]?.records).toBe(1);
});

it("keeps a day that could not be taken out for somebody who takes it out afterwards", async () => {
  const locker = await connectAs(open.addresses.owner);
  await locker.query("BEGIN; LOCK TABLE ONLY neurallog.logs_days IN SHARE UPDATE EXCLUSIVE MODE");
  const { dropped, troubles } = await open.hold.tend({ ageMs: 6 * DAY }, NOW);
  await locker.query("ROLLBACK");
  await locker.end();
  expect(dropped).toEqual([]);
  expect(troubles).toEqual([{ kind: "tending", reason: expect.stringContaining("55P03") }]);
  const [day] = await ask(
    "SELECT obj_description('neurallog.logs_20260103'::regclass, 'pg_class') AS said",
  );
  expect(day).toEqual({ said: null });
});

it("attack: a clock far ahead of the database's drops nothing that the database's does not", async () => {
  const now = Date.now();
  await open.hold.tend(WEEK, now);
  await open.hold.move([commit(1, 1, [archivable({ message: "kept", received: now })])]);
  const tended = await open.hold.tend(WEEK, now + 400 * DAY);
  expect(tended.troubles).toContainEqual({
    kind: "clock",
    reason: expect.stringContaining("ahead of the database's"),
  });
  expect(await messagesOf(open.reader)).toEqual(["kept"]);
});

it("moves while days are made and dropped, and ends that when it lets go", async () => {
  const locker = await connectAs(open.addresses.owner);
  // Whoever looks at a day keeps it from being dropped.
  await locker.query("BEGIN; SELECT 1 FROM neurallog.logs_20260103");
  const tending = open.hold.tend(WEEK, NOW + DAY);
  tending.catch(() => undefined);
  const waits = (): Promise<readonly unknown[]> =>
    ask(
      "SELECT 1 FROM pg_stat_activity WHERE usename = 'neurallog_owner' AND wait_event_type = 'Lock'",
    );
  await expect.poll(waits).toHaveLength(1);
  await open.hold.move([commit(1, 1, [archivable({ message: "moved" })])]);
  expect(await messagesOf(open.reader)).toEqual(["moved"]);
  await open.hold.release();
  await expect(tending).rejects.toMatchObject({ code: "NL_ARCHIVE_UNAVAILABLE" });
  await locker.query("ROLLBACK");
  await locker.end();
});
