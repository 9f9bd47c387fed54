import { chownSync, cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it } from "vitest";

import { accountForServer } from "../../../../tools/postgres/account.ts";
import { runProgram } from "../../../../tools/process.ts";
import { archivable, commit, DAY, messagesOf, NOW, WEEK } from "../samples.ts";
import { createPostgresWriter } from "../../../../apps/log-service/src/archive/postgres/writer.ts";
import { createPostgresReader } from "../../../../apps/log-service/src/archive/postgres/reader.ts";
import type { ArchiveHold } from "../../../../apps/log-service/src/archive/port.ts";
import { startSite } from "./site.ts";

/** Only root may mount a small file system; the server then runs as another account. */
const account = accountForServer();

interface SmallDisk extends AsyncDisposable {
  readonly folder: string;
  grow(size: string): Promise<unknown>;
}

/** @returns undefined where that is not allowed. */
async function smallDisk(size: string): Promise<SmallDisk | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-disk-"));
  const mounted = await runProgram("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  if (account === undefined || mounted.code !== 0) {
    await rm(folder, { recursive: true, force: true });
    return undefined;
  }
  chownSync(folder, account.uid, account.gid);
  return {
    folder,
    grow: (more) => runProgram("mount", ["-o", `remount,size=${more}`, folder]),
    [Symbol.asyncDispose]: async () => {
      await runProgram("umount", ["-l", folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const probe = await smallDisk("1m");
const mayMount = probe !== undefined;
await probe?.[Symbol.asyncDispose]();

const batch = (number: number): ReturnType<typeof commit> =>
  commit(
    1,
    number,
    Array.from({ length: 2_000 }, (_, index) =>
      archivable({ message: `${number}.${index} ${"filling ".repeat(20)}${number * index}` }),
    ),
  );

/** Moves until that fails. @returns The batch that did, and why. */
async function fill(hold: ArchiveHold | undefined) {
  for (let number = 1; number < 100; number += 1) {
    try {
      await hold?.move([batch(number)]);
    } catch (failure) {
      return { number, failure };
    }
  }
  throw new Error("the disk does not get full");
}

it.skipIf(!mayMount)("fails while the disk is full, and goes on once there is room", async () => {
  await using disk = await smallDisk("12m");
  await using site = await startSite();
  const { database, owner, writer: address, reader: asker } = await site.database();
  await site.postgres.query(
    `CREATE TABLESPACE small OWNER neurallog_owner LOCATION '${disk?.folder}'`,
  );
  await site.postgres.query(`ALTER DATABASE ${database} SET default_tablespace = small`);
  const reader = createPostgresReader(asker);
  const writer = createPostgresWriter({ writer: address, owner, fullText: true });
  const hold = await writer.hold();
  await hold?.tend(WEEK, NOW);
  const { number, failure } = await fill(hold);
  expect(failure).toMatchObject({
    code: "NL_ARCHIVE_UNAVAILABLE",
    cause: expect.objectContaining({ message: expect.stringContaining("53100") }),
  });
  // What is there is still found, and nothing of the batch that failed.
  const before = await messagesOf(reader, { limit: 200_000 });
  expect(before).toHaveLength((number - 1) * 2_000);
  // Nor can days be made: the refusal is told, and costs nothing else.
  const { troubles } = (await hold?.tend(WEEK, NOW + DAY)) ?? { troubles: [] };
  expect(troubles).toContainEqual({
    kind: "tending",
    reason: expect.stringContaining("the database's disk is full"),
  });

  await disk?.grow("256m");
  await hold?.move([batch(number)]);
  const after = await messagesOf(reader, { limit: 200_000 });
  expect(new Set(after).size).toBe(number * 2_000);
  expect(after).toHaveLength(number * 2_000);
  await writer.close();
  await reader.close();
});

it.skipIf(!mayMount)(
  "has each record once where the disk of the write-ahead log gets full, which ends the server",
  async () => {
    await using disk = await smallDisk("64m");
    await using site = await startSite();
    const { postgres } = site;
    const { owner, writer: address, reader: asker } = await site.database();
    const [row] = await postgres.query("SHOW data_directory");
    const log = join(String(row?.["data_directory"]), "pg_wal");
    await postgres.shutDown();
    const place = join(disk?.folder ?? "", "pg_wal");
    cpSync(log, place, { recursive: true });
    rmSync(log, { recursive: true });
    symlinkSync(place, log);
    await runProgram("chown", ["-R", `${account?.uid}:${account?.gid}`, place]);
    await postgres.restart();
    const reader = createPostgresReader(asker);
    const writer = createPostgresWriter({ writer: address, owner, fullText: true });
    const first = await writer.hold();
    await first?.tend(WEEK, NOW);
    const { failure } = await fill(first);
    expect(failure).toMatchObject({ code: "NL_ARCHIVE_UNAVAILABLE" });
    expect(postgres.log()).toContain("No space left on device");
    await disk?.grow("512m");
    // It may be starting again by itself, and failing at that.
    await postgres.kill();
    await postgres.restart();
    let hold: Awaited<ReturnType<typeof writer.hold>>;
    await expect
      .poll(async () => (hold ??= await writer.hold().catch(() => undefined)) !== undefined)
      .toBe(true);
    // The transaction that failed may have come through before the server ended, or not.
    const stands = (await hold?.positions())?.[0]?.committed ?? 0;
    await hold?.move([batch(stands + 1)]);
    const found = await messagesOf(reader, { limit: 400_000 });
    expect(new Set(found).size).toBe((stands + 1) * 2_000);
    expect(found).toHaveLength((stands + 1) * 2_000);
    await writer.close();
    await reader.close();
  },
);
