import { afterEach, beforeEach, expect, it } from "vitest";

import { createPostgresReader } from "../../../../apps/log-service/src/archive/postgres/reader.ts";
import { createPostgresWriter } from "../../../../apps/log-service/src/archive/postgres/writer.ts";
import type { ArchiveHold, ArchiveWriter } from "../../../../apps/log-service/src/archive/port.ts";
import { archivable, commit, DAY, HOUR, messagesOf, NOW, place, query, WEEK } from "../samples.ts";
import { startProxy } from "./proxy.ts";
import { connectAs, openSite, startSite, type OpenSite, type Site } from "./site.ts";

const AWAY = { code: "NL_ARCHIVE_UNAVAILABLE" };

let site: Site;
let open: OpenSite;
beforeEach(async () => {
  site = await startSite();
  open = await openSite(site);
});
afterEach(async () => {
  await open.close().catch(() => undefined);
  await site.stop();
});

const batch = (number: number, count = 200): ReturnType<typeof commit> =>
  commit(
    1,
    number,
    Array.from({ length: count }, (_, index) =>
      archivable({ ms: NOW + number, message: `${number}.${index}` }),
    ),
  );

/** Who moves, through a proxy. */
async function through(
  port: number,
): Promise<{ readonly writer: ArchiveWriter; readonly hold: ArchiveHold }> {
  await open.hold.release();
  const url = `postgres://127.0.0.1:${port}/${open.addresses.database}`;
  const { owner, writer: address } = open.addresses;
  const writer = createPostgresWriter({ writer: { ...address, url }, owner, fullText: true });
  const hold = await writer.hold();
  if (hold === undefined) throw new Error("somebody else holds the archive");
  return { writer, hold };
}

/** Once the server has noticed that the one before is gone. */
async function holdAgain(writer: ArchiveWriter): Promise<ArchiveHold> {
  let hold: ArchiveHold | undefined;
  await expect
    .poll(async () => (hold ??= await writer.hold().catch(() => undefined)) !== undefined)
    .toBe(true);
  if (hold === undefined) throw new Error("nobody holds the archive");
  return hold;
}

/** Goes on where the archive stands, as work does. */
async function moveRest(hold: ArchiveHold, upTo: number): Promise<void> {
  const stands = (await hold.positions())[0]?.committed ?? 0;
  for (let number = stands + 1; number <= upTo; number += 1) await hold.move([batch(number)]);
}

async function expectEachOnce(upTo: number): Promise<void> {
  const wanted = Array.from({ length: upTo }, (_, number) =>
    Array.from({ length: 200 }, (_record, index) => `${number + 1}.${index}`),
  ).flat();
  const found = await messagesOf(open.reader, { limit: 100_000 });
  expect(found.toSorted()).toEqual(wanted.toSorted());
}

it("has each record once after the connection was cut again and again in the middle of COPY", async () => {
  await using proxy = await startProxy(site.postgres.port);
  let { writer, hold } = await through(proxy.port);
  let cuts = 0;
  for (let number = 1; number <= 8;) {
    proxy.cutAfter(2_000 + number * 5_500);
    try {
      await hold.move([batch(number)]);
      number += 1;
      proxy.cutAfter(Infinity);
    } catch (error) {
      expect(error).toMatchObject(AWAY);
      cuts += 1;
      proxy.cutAfter(Infinity);
      hold = await holdAgain(writer);
      number = ((await hold.positions())[0]?.committed ?? 0) + 1;
      await hold.move([batch(number)]);
      number += 1;
    }
  }
  expect(cuts).toBeGreaterThan(3);
  await expectEachOnce(8);
  await writer.close();
});

it("has each record once where the answer to a COMMIT was lost", async () => {
  await using proxy = await startProxy(site.postgres.port);
  const { writer, hold } = await through(proxy.port);
  await hold.move([batch(1)]);
  proxy.cutAtCommit();
  await expect(hold.move([batch(2)])).rejects.toMatchObject(AWAY);
  const again = await holdAgain(writer);
  expect((await again.positions())[0]).toMatchObject({ position: place(1, 2), committed: 2 });
  await moveRest(again, 3);
  await expectEachOnce(3);
  await writer.close();
});

it("has each record once after PostgreSQL was killed with -9 in the middle of COPY", async () => {
  await open.hold.move([batch(1)]);
  for (const delay of [0, 5, 15]) {
    const moving = open.hold.move([batch(2, 20_000)]).then(
      () => "moved",
      () => "failed",
    );
    await new Promise((resolve) => {
      setTimeout(resolve, delay);
    });
    await site.postgres.kill();
    await moving;
    await site.postgres.restart();
    const hold = await holdAgain(open.writer);
    const stands = (await hold.positions())[0]?.committed;
    const found = await messagesOf(open.reader, { limit: 100_000 });
    expect(found).toHaveLength(stands === 2 ? 20_200 : 200);
    if (stands === 2) break;
    open = { ...open, hold };
  }
});

it("goes on after PostgreSQL was away, with the same reader and writer", async () => {
  await open.hold.move([batch(1)]);
  await site.postgres.shutDown();
  await expect(open.reader.read(query())).rejects.toMatchObject(AWAY);
  await expect(open.reader.positions()).rejects.toMatchObject(AWAY);
  await expect(open.hold.move([batch(2)])).rejects.toMatchObject(AWAY);
  await expect(open.writer.storeDirectly("default", [archivable()])).rejects.toMatchObject(AWAY);
  await expect(open.writer.hold()).rejects.toMatchObject(AWAY);
  await site.postgres.restart();
  await moveRest(await holdAgain(open.writer), 2);
  await expectEachOnce(2);
  expect(await open.writer.storeDirectly("default", [archivable()])).toHaveLength(1);
});

it("lets nobody commit whose hold was lost, even if it does not know", async () => {
  await using proxy = await startProxy(site.postgres.port);
  const { writer, hold } = await through(proxy.port);
  // The server ends the session, as it does with one that is silent for too long.
  await site.postgres.query(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'",
  );
  const other = await holdAgain(open.writer);
  await other.move([batch(1)]);
  await expect(hold.move([batch(1)])).rejects.toMatchObject(AWAY);
  await expectEachOnce(1);
  await writer.close();
});

it("stores a day's records elsewhere when its table is dropped while they are on their way", async () => {
  const old = archivable({ received: NOW - 6 * DAY, message: "old" });
  await open.hold.move([commit(1, 1, [old])]);
  // Somebody else takes the day out: the holder still believes in it.
  await site.postgres.query(
    "ALTER TABLE neurallog.logs_days DETACH PARTITION neurallog.logs_20260104",
    open.addresses,
  );
  await open.hold.move([commit(1, 2, [archivable({ ...old, message: "late" })])]);
  expect(await messagesOf(open.reader)).toEqual(["late"]);
  const ids = await open.writer.storeDirectly("default", [old]);
  expect(ids).toHaveLength(1);
});

it("drops a day while a COPY into it is under way, after that has ended", async () => {
  const { owner, writer: address } = open.addresses;
  const received = NOW - 7 * DAY;
  const direct = Array.from({ length: 30 }, (_, index) =>
    open.writer.storeDirectly(
      "default",
      Array.from({ length: 300 }, (_record, row) =>
        archivable({ received, message: `${index}.${row}` }),
      ),
    ),
  );
  const tended = await open.hold.tend(WEEK, NOW + DAY);
  const ids = (await Promise.all(direct)).flat();
  expect(ids).toHaveLength(9_000);
  expect(tended.dropped.map(({ day }) => day)).toEqual(["2026-01-03"]);
  const left = await messagesOf(open.reader, { limit: 100_000 });
  // What came before went with the day; what came after lies apart, or went from there as too old.
  expect(left.length).toBe(new Set(left).size);
  expect(left.length + (tended.dropped[0]?.records ?? 0)).toBeLessThanOrEqual(9_000);
  const { namespaces } = await open.reader.stats();
  expect(namespaces[0]?.records ?? 0).toBe(left.length);
  await open.hold.tend(WEEK, NOW + DAY + HOUR);
  expect(await messagesOf(open.reader)).toEqual([]);
  expect((await open.reader.stats()).namespaces).toEqual([]);
  const other = createPostgresWriter({ writer: address, owner, fullText: true });
  expect(await other.hold()).toBeUndefined();
  await other.close();
});

it("finishes what was interrupted when a day was dropped", async () => {
  const { addresses, hold } = open;
  const ask = (sql: string): Promise<unknown> => site.postgres.query(sql, addresses);
  await ask("COMMENT ON TABLE neurallog.logs_20260103 IS 'neurallog: its records are too old'");
  await ask("ALTER TABLE neurallog.logs_days DETACH PARTITION neurallog.logs_20260103");
  // A table that a person took out to keep it is none of ours.
  await ask("ALTER TABLE neurallog.logs_days DETACH PARTITION neurallog.logs_20260104");
  await hold.tend({ ageMs: 5 * DAY }, NOW);
  const tables = await ask("SELECT tablename FROM pg_tables WHERE tablename ~ '^logs_2026010[34]'");
  expect(tables).toEqual([{ tablename: "logs_20260104" }]);
});

it("stops waiting for a server that hangs when nobody waits for it", async () => {
  await using proxy = await startProxy(site.postgres.port);
  const url = `postgres://127.0.0.1:${proxy.port}/${open.addresses.database}`;
  const reader = createPostgresReader({ ...open.addresses.reader, url });
  await reader.read(query());
  proxy.stall();
  const gone = new AbortController();
  const asked = reader.read(query({ signal: gone.signal }));
  gone.abort(new Error("nobody waits"));
  await expect(asked).rejects.toThrow("nobody waits");
  proxy.cut();
  await reader.close();
});

it("ends a question on the server when nobody waits for it any more", async () => {
  const { addresses, reader } = open;
  await open.hold.move([batch(1)]);
  // Whoever holds this lock keeps the question waiting.
  const locker = await connectAs(addresses.owner);
  await locker.query("BEGIN; LOCK TABLE neurallog.logs IN ACCESS EXCLUSIVE MODE");
  const gone = new AbortController();
  const asked = reader.read(query({ signal: gone.signal }));
  const waiting = async (): Promise<number> =>
    (
      await site.postgres.query(
        "SELECT 1 FROM pg_stat_activity WHERE usename = 'neurallog_reader' AND wait_event_type = 'Lock'",
      )
    ).length;
  await expect.poll(waiting).toBe(1);
  gone.abort(new Error("nobody waits"));
  await expect(asked).rejects.toThrow("nobody waits");
  await expect.poll(waiting).toBe(0);
  await locker.end();
  expect((await reader.read(query())).records).toHaveLength(200);
});
