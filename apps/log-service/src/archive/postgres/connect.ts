import { Client, type ClientConfig, type PoolClient } from "pg";

import type { ArchiveAddress } from "../address.ts";
import { POSTGRES_LIMITS } from "../limits.ts";
import { unavailable } from "./failure.ts";

/** Settings of a session, as in postgresql.conf. */
export type Settings = Readonly<Record<string, string | number>>;

const ALWAYS: Settings = {
  TimeZone: "UTC",
  DateStyle: "ISO",
  // Names of ours are written with their schema: nobody else's table can stand in for one.
  search_path: "pg_catalog",
  tcp_keepalives_idle: POSTGRES_LIMITS.keepAliveIdleSeconds,
  tcp_keepalives_interval: POSTGRES_LIMITS.keepAliveIntervalSeconds,
  tcp_keepalives_count: POSTGRES_LIMITS.keepAliveProbes,
  idle_in_transaction_session_timeout: POSTGRES_LIMITS.writeMs,
  // Two batches under way see each other's positions and counts; a stricter level would have one copied again.
  default_transaction_isolation: "read committed",
  // Compiling a query takes longer than most of ours run.
  jit: "off",
};

/** Every value as the text that the database writes: each reader knows what it reads. */
const texts = { getTypeParser: () => (text: string | Buffer) => text };

export function configOf(address: ArchiveAddress, settings: Settings): ClientConfig {
  const { hostname, port, pathname } = new URL(address.url);
  const host = decodeURIComponent(hostname.replace(/^\[(.*)\]$/, "$1"));
  const options = Object.entries({ ...ALWAYS, ...settings })
    .map(([name, value]) => `-c ${name}=${String(value).replace(/[\\ ]/g, "\\$&")}`)
    .join(" ");
  return {
    host,
    port: port === "" ? 5432 : Number(port),
    database: decodeURIComponent(pathname.slice(1)),
    user: address.user,
    // An empty one, as with undefined `pg` looks for one in the environment and the home folder.
    password: address.password ?? "",
    // The host is named again: for an address `pg` alone would have the certificate be one of localhost.
    ssl: address.ca === undefined ? false : { ca: address.ca, rejectUnauthorized: true, host },
    connectionTimeoutMillis: POSTGRES_LIMITS.connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: POSTGRES_LIMITS.keepAliveIdleSeconds * 1_000,
    application_name: "neurallog",
    options,
    types: texts,
  };
}

/** A connection of its own. @throws ServiceError NL_ARCHIVE_UNAVAILABLE */
export async function connect(address: ArchiveAddress, settings: Settings): Promise<Client> {
  const client = new Client(configOf(address, settings));
  // Without a listener an error between two statements would end the process.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw unavailable(error);
  }
}

/**
 * Work on a connection that ends with it, or with the signal: the statement under way is answered no
 * more then.
 */
export async function withConnection<Result>(
  address: ArchiveAddress,
  settings: Settings,
  signal: AbortSignal,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  const client = await connect(address, settings);
  const end = (): Promise<void> => client.end().catch(() => undefined);
  const cut = (): void => void end();
  try {
    signal.throwIfAborted();
    signal.addEventListener("abort", cut);
    return await work(client);
  } finally {
    signal.removeEventListener("abort", cut);
    await end();
  }
}

export type Row = Readonly<Record<string, string | null>>;

export interface Statement {
  /** For what is run again and again: read and planned once for each connection. */
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** How long a client waits at most for what goes through much of the archive. */
export const MAINTAIN_MS = POSTGRES_LIMITS.maintainMs + POSTGRES_LIMITS.graceMs;

/**
 * Runs one statement.
 * @param limitMs How long the client waits at most; the server's own limit is shorter. A connection
 * that took longer is of no use any more.
 */
export async function run(
  client: Client | PoolClient,
  { name, text, values = [] }: Statement,
  limitMs: number = POSTGRES_LIMITS.writeMs + POSTGRES_LIMITS.graceMs,
): Promise<readonly Row[]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LateError()), limitMs);
  });
  try {
    const running = client.query<Record<string, string | null>>({
      ...(name === undefined ? {} : { name }),
      text,
      values: [...values],
    });
    running.catch(() => undefined);
    return (await Promise.race([running, late])).rows;
  } finally {
    clearTimeout(timer);
  }
}

/** The server did not answer in time. */
export class LateError extends Error {
  override readonly name = "LateError";
  constructor() {
    super("the database did not answer in time");
  }
}
