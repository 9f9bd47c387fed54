import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it } from "vitest";

import { findPostgres } from "../../../tools/postgres/find.ts";

it("finds the PostgreSQL that npm has brought, and its version", async () => {
  const { version } = await findPostgres({});
  expect(Number.parseInt(version, 10)).toBeGreaterThanOrEqual(14);
});

it("takes the folder that is named, and says what it lacks", async () => {
  await expect(findPostgres({ NEURALLOG_POSTGRES_BIN: "/nowhere" })).rejects.toThrow(
    /\/nowhere\/postgres is no program\. Install PostgreSQL 14 or newer/,
  );
});

it("refuses a PostgreSQL that is too old, by its version", async () => {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-old-"));
  try {
    for (const name of ["postgres", "initdb"]) {
      writeFileSync(join(folder, name), "#!/bin/sh\necho 'postgres (PostgreSQL) 13.9'\n");
      chmodSync(join(folder, name), 0o755);
    }
    await expect(findPostgres({ NEURALLOG_POSTGRES_BIN: folder })).rejects.toThrow(
      /is 13\.9; 14 or newer is needed/,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
