import { chownSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it } from "vitest";

import { accountForServer } from "../../../../tools/postgres/account.ts";
import { runProgram } from "../../../../tools/process.ts";
import { archivable, commit, messagesOf, NOW, WEEK } from "../samples.ts";
import { createPostgresWriter } from "../../../../apps/log-service/src/archive/postgres/writer.ts";
import { createPostgresReader } from "../../../../apps/log-service/src/archive/postgres/reader.ts";
import { startSite } from "./site.ts";

/** Only root may mount a small file system; the server then runs as another account. */
const account = accountForServer();
const folder = mkdtempSync(join(tmpdir(), "neurallog-disk-"));
const mount = (options: string): ReturnType<typeof runProgram> =>
  runProgram("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
const mayMount = account !== undefined && (await mount("size=12m")).code === 0;
if (!mayMount) await rm(folder, { recursive: true, force: true });

it.skipIf(!mayMount)("fails while the disk is full, and goes on once there is room", async () => {
  try {
    await using site = await startSite();
    if (account !== undefined) chownSync(folder, account.uid, account.gid);
    const addresses = await site.database();
    const { database, owner, writer: address } = addresses;
    await site.postgres.query(`CREATE TABLESPACE small OWNER neurallog_owner LOCATION '${folder}'`);
    await site.postgres.query(`ALTER DATABASE ${database} SET default_tablespace = small`);
    const reader = createPostgresReader(addresses.reader);
    const writer = createPostgresWriter({ writer: address, owner, fullText: true });
    const hold = await writer.hold();
    await hold?.tend(WEEK, NOW);

    const batch = (number: number): ReturnType<typeof commit> =>
      commit(
        1,
        number,
        Array.from({ length: 2_000 }, (_, index) =>
          archivable({ message: `${number}.${index} ${"filling ".repeat(20)}${number * index}` }),
        ),
      );
    let number = 1;
    let failure: unknown;
    while (failure === undefined && number < 50) {
      try {
        await hold?.move([batch(number)]);
        number += 1;
      } catch (error) {
        failure = error;
      }
    }
    expect(failure).toMatchObject({
      code: "NL_ARCHIVE_UNAVAILABLE",
      cause: expect.objectContaining({ message: expect.stringContaining("53100") }),
    });
    // What is there is still found, and nothing of the batch that failed.
    const before = await messagesOf(reader, { limit: 200_000 });
    expect(before).toHaveLength((number - 1) * 2_000);

    await runProgram("mount", ["-o", "remount,size=256m", folder]);
    await hold?.move([batch(number)]);
    const after = await messagesOf(reader, { limit: 200_000 });
    expect(new Set(after).size).toBe(number * 2_000);
    expect(after).toHaveLength(number * 2_000);
    await writer.close();
    await reader.close();
  } finally {
    await runProgram("umount", ["-l", folder]);
    await rm(folder, { recursive: true, force: true });
  }
});
