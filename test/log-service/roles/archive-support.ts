import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createPostgresReader } from "../../../apps/log-service/src/archive/postgres/reader.ts";
import type { ArchiveReader } from "../../../apps/log-service/src/archive/port.ts";
import type { Addresses, Site } from "../archive/postgres/site.ts";

/** A database of its own for a service, and the settings that lead there. */
export interface ArchiveSetup extends AsyncDisposable {
  readonly addresses: Addresses;
  readonly env: Readonly<Record<string, string>>;
  readonly reader: ArchiveReader;
  /** Ids and messages of all that is archived, in the order of ids. */
  archived(): Promise<ReadonlyMap<string, string>>;
}

export async function prepareArchive(site: Site): Promise<ArchiveSetup> {
  const addresses = await site.database();
  const folder = mkdtempSync(join(tmpdir(), "neurallog-archive-"));
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, site.password, { mode: 0o600 });
  const reader = createPostgresReader(addresses.reader);
  return {
    addresses,
    reader,
    env: {
      NEURALLOG_ARCHIVE_URL: addresses.owner.url,
      NEURALLOG_ARCHIVE_OWNER_PASSWORD_FILE: passwordFile,
      NEURALLOG_ARCHIVE_WRITER_PASSWORD_FILE: passwordFile,
      NEURALLOG_ARCHIVE_READER_PASSWORD_FILE: passwordFile,
    },
    archived: async () => {
      const sql = "SELECT id, message FROM neurallog.logs";
      const rows = await site.postgres.query(sql, { database: addresses.database });
      const found = rows.map(({ id, message }) => [String(id), String(message)] as const);
      if (new Set(found.map(([id]) => id)).size !== found.length) {
        throw new Error("a record was archived twice");
      }
      return new Map(found.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    },
    [Symbol.asyncDispose]: async () => {
      await reader.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
