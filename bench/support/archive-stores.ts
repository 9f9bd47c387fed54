import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Client } from "pg";

import { freePort } from "../../tools/port.ts";
import { createCluster } from "../../tools/postgres/cluster.ts";
import { findPostgres } from "../../tools/postgres/find.ts";
import { startServer } from "../../tools/postgres/server.ts";
import { findRedis } from "../../tools/redis/find.ts";
import { pingRedis } from "../../tools/redis/ping.ts";
import { watchdog } from "../../tools/watchdog.ts";
import { startVictim, type Victim } from "../faults/victims.ts";
import { REDIS_SETTINGS } from "../ingest/subjects.ts";

/** A tenant's Redis and its archive's PostgreSQL. */
export interface ArchiveStores {
  readonly redisUrl: string;
  /** What a role of the service has to know of the archive. */
  readonly environment: Readonly<Record<string, string>>;
  readonly database: Pick<Victim, "kill">;
  query(sql: string): Promise<readonly Record<string, unknown>[]>;
  end(): Promise<void>;
}

const DATABASE = "neurallog";

export async function startArchiveStores(folder: string): Promise<ArchiveStores> {
  // The server may run as another account, which has to get to its data.
  chmodSync(folder, 0o711);
  const postgres = await startPostgres(join(folder, "postgres"));
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, postgres.password, { mode: 0o600 });
  const redisPort = await freePort();
  const { path } = await findRedis();
  const redisFolder = join(folder, "redis");
  mkdirSync(redisFolder);
  const redis = await startVictim(
    "Redis",
    path,
    ["--port", String(redisPort), "--dir", redisFolder, "--save", "", ...REDIS_SETTINGS],
    {},
    async () => (await pingRedis(redisPort)) === "serves",
  );
  return {
    redisUrl: `redis://127.0.0.1:${redisPort}`,
    environment: {
      NEURALLOG_ARCHIVE_URL: `postgres://127.0.0.1:${postgres.port}/${DATABASE}`,
      NEURALLOG_ARCHIVE_OWNER_PASSWORD_FILE: passwordFile,
      NEURALLOG_ARCHIVE_WRITER_PASSWORD_FILE: passwordFile,
      NEURALLOG_ARCHIVE_READER_PASSWORD_FILE: passwordFile,
    },
    database: postgres,
    query: postgres.query,
    end: async () => {
      await redis.end();
      await postgres.abandon();
    },
  };
}

async function startPostgres(folder: string) {
  const program = await findPostgres();
  const password = randomBytes(12).toString("hex");
  await createCluster(program, { folder, superuser: "postgres", password });
  const port = await freePort();
  const start = async () => {
    const server = await startServer(program, { folder, port });
    const callOff = watchdog('kill -QUIT "$1"', [String(server.pid)]);
    return { server, callOff };
  };
  let running = await start();
  const query = async (sql: string, database = DATABASE) => {
    const client = new Client({ host: "127.0.0.1", port, user: "postgres", password, database });
    await client.connect();
    try {
      const { rows } = await client.query<Record<string, unknown>>(sql);
      return rows;
    } finally {
      await client.end();
    }
  };
  for (const role of ["owner", "writer", "reader"]) {
    await query(`CREATE ROLE neurallog_${role} LOGIN PASSWORD '${password}'`, "postgres");
  }
  await query(`CREATE DATABASE ${DATABASE} OWNER neurallog_owner`, "postgres");
  const end = async (how: "abandon" | "kill"): Promise<void> => {
    await running.server[how]();
    running.callOff();
  };
  return {
    port,
    password,
    query,
    abandon: () => end("abandon"),
    kill: async () => {
      await end("kill");
      running = await start();
    },
  };
}
