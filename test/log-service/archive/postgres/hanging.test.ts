import { setImmediate } from "node:timers/promises";

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { POSTGRES_LIMITS } from "../../../../apps/log-service/src/archive/limits.ts";
import { createPostgresReader } from "../../../../apps/log-service/src/archive/postgres/reader.ts";
import { createPostgresWriter } from "../../../../apps/log-service/src/archive/postgres/writer.ts";
import { archivable, commit, messagesOf, NOW, query } from "../samples.ts";
import { startProxy } from "./proxy.ts";
import { openSite, startSite, type OpenSite, type Site } from "./site.ts";

const AWAY = { code: "NL_ARCHIVE_UNAVAILABLE" };

let site: Site;
let open: OpenSite;
beforeEach(async () => {
  site = await startSite();
  open = await openSite(site);
});
afterEach(async () => {
  vi.useRealTimers();
  await open.close().catch(() => undefined);
  await site.stop();
});

/** Lets time pass faster than it does, until the work is over. @returns How long it was, in seconds. */
async function secondsUntil(work: Promise<unknown>): Promise<number> {
  const progress = { isOver: false };
  const end = (): void => {
    progress.isOver = true;
  };
  work.then(end, end);
  for (let seconds = 0; ; seconds += 1) {
    await setImmediate();
    if (progress.isOver || seconds > 1_000) return seconds;
    await vi.advanceTimersByTimeAsync(1_000);
  }
}

const graceSeconds = POSTGRES_LIMITS.graceMs / 1_000;

it("gives a question up in its time when the server hangs", async () => {
  await using proxy = await startProxy(site.postgres.port);
  const url = `postgres://127.0.0.1:${proxy.port}/${open.addresses.database}`;
  const reader = createPostgresReader({ ...open.addresses.reader, url });
  await reader.read(query());
  proxy.stall();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const asked = reader.read(query());
  const seconds = await secondsUntil(asked);
  await expect(asked).rejects.toMatchObject(AWAY);
  expect(seconds).toBe(POSTGRES_LIMITS.readMs / 1_000 + graceSeconds);
  vi.useRealTimers();
  proxy.cut();
  await reader.close();
});

it("keeps no connection to a server that hangs, however much is under way there", async () => {
  await using proxy = await startProxy(site.postgres.port);
  const url = `postgres://127.0.0.1:${proxy.port}/${open.addresses.database}`;
  const reader = createPostgresReader({ ...open.addresses.reader, url });
  const trace = query({ condition: { kind: "is", field: "trace_id", values: ["t"] } });
  const connections = async (): Promise<number> => {
    const rows = await site.postgres.query(
      "SELECT FROM pg_stat_activity WHERE usename = 'neurallog_reader'",
    );
    return rows.length;
  };
  await reader.read(trace);
  expect(await connections()).toBe(1);
  proxy.stall();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const asked = reader.read(trace);
  await secondsUntil(asked);
  await expect(asked).rejects.toMatchObject(AWAY);
  vi.useRealTimers();
  await expect.poll(connections).toBe(0);
  await reader.close();
});

it("gives a move up in its time when the server hangs, and the hold with it", async () => {
  await using proxy = await startProxy(site.postgres.port);
  await open.hold.release();
  const { owner, writer: address, database } = open.addresses;
  const url = `postgres://127.0.0.1:${proxy.port}/${database}`;
  const writer = createPostgresWriter({ writer: { ...address, url }, owner, fullText: true });
  const hold = await writer.hold();
  proxy.stall();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const moving = hold?.move([commit(1, 1, [archivable()])]) ?? Promise.resolve();
  const seconds = await secondsUntil(moving);
  await expect(moving).rejects.toMatchObject(AWAY);
  expect(seconds).toBeGreaterThanOrEqual(POSTGRES_LIMITS.writeMs / 1_000);
  expect(seconds).toBeLessThan(POSTGRES_LIMITS.writeMs / 1_000 + 3 * graceSeconds);
  await expect(hold?.positions()).rejects.toMatchObject(AWAY);
  vi.useRealTimers();
  proxy.cut();
  await writer.close();
});

it("has each record once where the server is stopped in the middle of a COPY, and goes on later", async () => {
  await open.hold.move([commit(1, 1, [archivable({ message: "before" })])]);
  const many = Array.from({ length: 40_000 }, (_, index) =>
    archivable({ ms: NOW + index, message: `m${index} ${"filling ".repeat(20)}` }),
  );
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const moving = open.hold.move([commit(1, 2, many)]);
  moving.catch(() => undefined);
  let pid = 0;
  await expect
    .poll(async () => {
      const [row] = await site.postgres.query(
        "SELECT pid FROM pg_stat_activity WHERE usename = 'neurallog_writer' AND query LIKE 'COPY%' AND state = 'active'",
      );
      pid = Number(row?.["pid"] ?? 0);
      return pid;
    })
    .not.toBe(0);
  process.kill(pid, "SIGSTOP");
  let seconds: number;
  try {
    seconds = await secondsUntil(moving);
  } finally {
    // A server that is stopped could not be shut down.
    vi.useRealTimers();
    process.kill(pid, "SIGCONT");
  }
  await expect(moving).rejects.toMatchObject(AWAY);
  expect(seconds).toBeLessThan(POSTGRES_LIMITS.writeMs / 1_000 + 3 * graceSeconds);
  let hold: Awaited<ReturnType<typeof open.writer.hold>>;
  await expect.poll(async () => (hold ??= await open.writer.hold()) !== undefined).toBe(true);
  expect((await hold?.positions())?.[0]?.committed).toBe(1);
  await hold?.move([commit(1, 2, many.slice(0, 100))]);
  expect(await messagesOf(open.reader)).toHaveLength(101);
});
