import { randomBytes } from "node:crypto";

import { Client } from "pg";

import type { ArchiveAddress } from "../../../../apps/log-service/src/archive/address.ts";
import { createPostgresReader } from "../../../../apps/log-service/src/archive/postgres/reader.ts";
import { createPostgresWriter } from "../../../../apps/log-service/src/archive/postgres/writer.ts";
import type {
  ArchiveHold,
  ArchiveReader,
  ArchiveWriter,
} from "../../../../apps/log-service/src/archive/port.ts";
import {
  startPostgres,
  type PostgresOptions,
  type TestPostgres,
} from "../../../support/postgres.ts";
import { NOW, WEEK } from "../samples.ts";

/** A server with the archive's three roles, each with a password. */
export interface Site extends AsyncDisposable {
  readonly postgres: TestPostgres;
  readonly password: string;
  /** An empty database of the owner's, and how each role gets there. */
  database(): Promise<Addresses>;
  stop(): Promise<void>;
}

export interface Addresses {
  readonly database: string;
  readonly owner: ArchiveAddress;
  readonly writer: ArchiveAddress;
  readonly reader: ArchiveAddress;
}

export async function startSite(options: PostgresOptions = {}): Promise<Site> {
  const postgres = await startPostgres(options);
  const password = randomBytes(8).toString("hex");
  for (const role of ["owner", "writer", "reader"]) {
    await postgres.query(`CREATE ROLE neurallog_${role} LOGIN PASSWORD '${password}'`);
  }
  const stop = (): Promise<void> => postgres.stop();
  return {
    postgres,
    password,
    stop,
    [Symbol.asyncDispose]: stop,
    database: async () => {
      const database = await postgres.createDatabase();
      await postgres.query(`ALTER DATABASE ${database} OWNER TO neurallog_owner`);
      const url = postgres.url(database);
      const address = (role: string): ArchiveAddress => ({
        url,
        user: `neurallog_${role}`,
        password,
      });
      return {
        database,
        owner: address("owner"),
        writer: address("writer"),
        reader: address("reader"),
      };
    },
  };
}

export interface OpenSite {
  readonly addresses: Addresses;
  readonly reader: ArchiveReader;
  readonly writer: ArchiveWriter;
  readonly hold: ArchiveHold;
  close(): Promise<void>;
}

/** A connection of a test's own. */
export async function connectAs({ url, user, password }: ArchiveAddress): Promise<Client> {
  const { hostname, port, pathname } = new URL(url);
  const client = new Client({
    host: hostname,
    port: Number(port),
    database: pathname.slice(1),
    user,
    password: password ?? "",
  });
  await client.connect();
  return client;
}

/** An archive that is held and tended, on a database of its own. */
export async function openSite(site: Site, fullText = true): Promise<OpenSite> {
  const addresses = await site.database();
  const { owner, writer: address } = addresses;
  const reader = createPostgresReader(addresses.reader);
  const writer = createPostgresWriter({ writer: address, owner, fullText });
  const hold = await writer.hold();
  if (hold === undefined) throw new Error("a new archive is held by somebody");
  await hold.tend(WEEK, NOW);
  return {
    addresses,
    reader,
    writer,
    hold,
    close: async () => {
      await writer.close();
      await reader.close();
    },
  };
}
