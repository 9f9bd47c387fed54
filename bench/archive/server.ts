import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Client } from "pg";

import type { ArchiveAddress } from "../../apps/log-service/src/archive/address.ts";
import { freePort } from "../../tools/port.ts";
import { createCluster } from "../../tools/postgres/cluster.ts";
import { findPostgres } from "../../tools/postgres/find.ts";
import { startServer } from "../../tools/postgres/server.ts";
import { watchdog } from "../../tools/watchdog.ts";

/** A PostgreSQL of the benchmark's own, as durable as one in production. */
export interface BenchServer {
  readonly version: string;
  /** Makes an empty database of the archive's owner. */
  database(name: string): Promise<Addresses>;
  /** How each role gets to a database. */
  addresses(name: string): Addresses;
  /** The superuser's connection, which the caller ends. */
  connect(database: string): Promise<Client>;
  drop(name: string): Promise<void>;
  stop(): Promise<void>;
}

export type Addresses = Readonly<Record<"owner" | "writer" | "reader", ArchiveAddress>>;

const SETTINGS = {
  // A quarter of a small server's memory, and checkpoints no more often than writing needs them.
  shared_buffers: "1GB",
  max_wal_size: "4GB",
  checkpoint_timeout: "15min",
  maintenance_work_mem: "256MB",
  // What the generator plans for a connection of a pod with 4 GiB.
  work_mem: "12MB",
  hash_mem_multiplier: "1.0",
};

export async function startBenchServer(): Promise<BenchServer> {
  const program = await findPostgres();
  const parent = mkdtempSync(join(tmpdir(), "neurallog-bench-archive-"));
  chmodSync(parent, 0o711);
  const folder = join(parent, "cluster");
  const password = randomBytes(12).toString("hex");
  await createCluster(program, { folder, superuser: "postgres", password });
  const port = await freePort();
  const server = await startServer(program, { folder, port, settings: SETTINGS });
  const callOff = watchdog('kill -QUIT "$1"; sleep 1; rm -rf "$2"', [String(server.pid), parent]);
  const connect = async (database: string): Promise<Client> => {
    const client = new Client({ host: "127.0.0.1", port, user: "postgres", password, database });
    await client.connect();
    return client;
  };
  const admin = await connect("postgres");
  for (const role of ["owner", "writer", "reader"]) {
    await admin.query(`CREATE ROLE neurallog_${role} LOGIN PASSWORD '${password}'`);
  }
  const addresses = (name: string): Addresses => {
    const url = `postgres://127.0.0.1:${port}/${name}`;
    const address = (role: string): ArchiveAddress => ({
      url,
      user: `neurallog_${role}`,
      password,
    });
    return { owner: address("owner"), writer: address("writer"), reader: address("reader") };
  };
  return {
    version: program.version,
    connect,
    addresses,
    database: async (name) => {
      await admin.query(`CREATE DATABASE ${name} OWNER neurallog_owner`);
      return addresses(name);
    },
    drop: async (name) => {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    },
    stop: async () => {
      await admin.end();
      await server.abandon();
      callOff();
      await rm(parent, { recursive: true, force: true });
    },
  };
}
