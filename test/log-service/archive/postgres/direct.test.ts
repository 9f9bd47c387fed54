import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";

import { createPostgresWriter } from "../../../../apps/log-service/src/archive/postgres/writer.ts";
import type { ArchiveWriter } from "../../../../apps/log-service/src/archive/port.ts";
import { archivable, messagesOf, query } from "../samples.ts";
import { startProxy, type Proxy } from "./proxy.ts";
import { connectAs, openSite, startSite, type OpenSite, type Site } from "./site.ts";

let site: Site;
let open: OpenSite;
let proxy: Proxy;
let writer: ArchiveWriter;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.stop());
beforeEach(async () => {
  open = await openSite(site);
  proxy = await startProxy(site.postgres.port);
  const url = `postgres://127.0.0.1:${proxy.port}/${open.addresses.database}`;
  writer = createPostgresWriter({ writer: { ...open.addresses.writer, url }, fullText: true });
});
afterEach(async () => {
  await writer.close();
  await proxy[Symbol.asyncDispose]();
  await open.close();
});

const BATCH = [archivable({ message: "a" }), archivable({ message: "b" })];

it("answers the ids of what was committed when the answer to COMMIT was lost, and stores nothing twice", async () => {
  await writer.storeDirectly("default", [archivable({ message: "before" })]);
  proxy.cutAtCommit();
  const ids = await writer.storeDirectly("default", BATCH);
  expect(proxy.cuts).toBe(1);
  const { records } = await open.reader.read(query());
  expect(records.map(({ record }) => record.message)).toEqual(["before", "a", "b"]);
  expect(records.slice(1).map(({ id }) => id)).toEqual(ids);
});

it("stores two batches that say the same, and the second under a key of its own after a lost answer", async () => {
  await writer.storeDirectly("default", BATCH);
  proxy.cutAtCommit();
  await writer.storeDirectly("default", BATCH);
  expect(await messagesOf(open.reader)).toEqual(["a", "b", "a", "b"]);
});

it("says that a batch may have been stored where nobody can tell, which no program repeats by itself", async () => {
  await writer.storeDirectly("default", BATCH);
  proxy.cutAtCommit({ forGood: true });
  await expect(writer.storeDirectly("default", BATCH)).rejects.toMatchObject({
    code: "NL_ARCHIVE_UNCERTAIN",
    status: 504,
  });
});

it("asks for the batch again where nobody can tell but it has a key, under which it is stored once", async () => {
  const named = { idempotencyKey: "mine" };
  await writer.storeDirectly("default", [archivable({ message: "before" })]);
  proxy.cutAtCommit({ forGood: true });
  await expect(writer.storeDirectly("default", BATCH, named)).rejects.toMatchObject({
    code: "NL_ARCHIVE_UNAVAILABLE",
    status: 503,
  });
  const ids = await open.writer.storeDirectly("default", BATCH, named);
  const { records } = await open.reader.read(query());
  expect(records.map(({ record }) => record.message)).toEqual(["before", "a", "b"]);
  expect(records.slice(1).map(({ id }) => id)).toEqual(ids);
});

it("waits for a batch under the same key that is not committed yet, and stores nothing beside it", async () => {
  const named = { idempotencyKey: "mine" };
  // Whoever holds this lock keeps every commit of the first waiting at its last statement.
  const locker = await connectAs(open.addresses.owner);
  await locker.query("BEGIN; LOCK TABLE neurallog.counts IN ACCESS EXCLUSIVE MODE");
  const first = open.writer.storeDirectly("default", BATCH, named);
  const waiting = async (): Promise<number> =>
    (await site.postgres.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
      .length;
  await expect.poll(waiting).toBe(1);
  const second = writer.storeDirectly("default", BATCH, named);
  await expect.poll(waiting).toBe(2);
  await locker.query("COMMIT");
  await locker.end();
  expect(await second).toEqual(await first);
  expect(await messagesOf(open.reader)).toEqual(["a", "b"]);
});

it("forgets keys when the archive is tended, an hour after they came", async () => {
  await open.writer.storeDirectly("default", BATCH, { idempotencyKey: "old" });
  const owner = await connectAs(open.addresses.owner);
  await owner.query(
    "UPDATE neurallog.direct_batches SET stored_at = now() - interval '61 minutes'",
  );
  await open.writer.storeDirectly("default", BATCH, { idempotencyKey: "young" });
  await open.hold.tend({ ageMs: 1e12 }, Date.now());
  const { rows } = await owner.query("SELECT count(*)::int AS left FROM neurallog.direct_batches");
  await owner.end();
  expect(rows).toEqual([{ left: 1 }]);
});
