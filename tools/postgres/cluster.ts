import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ToolError } from "../say.ts";
import { accountForServer } from "./account.ts";
import type { Postgres } from "./find.ts";
import { runAs } from "./run-as.ts";

export interface ClusterOptions {
  /** Becomes the server's alone; its parent has to let the server's account pass. Holds `data`. */
  readonly folder: string;
  readonly superuser: string;
  readonly password: string;
}

/** Where a cluster's files are within its folder. */
export function dataFolder(folder: string): string {
  return join(folder, "data");
}

/** Makes a database cluster: UTF-8, passwords by SCRAM, no connection without one. */
export async function createCluster(postgres: Postgres, options: ClusterOptions): Promise<void> {
  const { folder, superuser, password } = options;
  const account = accountForServer();
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  // A file, as arguments stand in the list of processes.
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account) {
    for (const path of [folder, passwordFile]) chownSync(path, account.uid, account.gid);
  }
  try {
    const { code, output } = await runAs(
      account,
      join(postgres.bin, "initdb"),
      [
        `--pgdata=${dataFolder(folder)}`,
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
      ],
      folder,
    );
    if (code !== 0) throw new ToolError(`initdb failed:\n${output.trim()}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}
