// The PostgreSQL that keeps a tenant's archive: the same text in the overlay's ConfigMap and under `npm start`.
import type { PostgresSizes } from "../plan/plan.ts";

/** What the place decides: a pod, or a folder on somebody's machine. */
export interface PostgresPlace {
  /** Addresses to listen on, as PostgreSQL's own `listen_addresses` takes them. */
  readonly listen: string;
  readonly port: number;
  /** Folder of the local socket, by which the superuser comes in; empty for none. */
  readonly sockets: string;
  /** Who may connect as whom: `bases/<release>/archive/pg_hba.conf`. */
  readonly hbaFile: string;
}

/** The pod of the overlay: paths are those of `bases/<release>/archive/statefulset.yaml`. */
export const podPlace: PostgresPlace = {
  listen: "*",
  port: 5432,
  sockets: "/tmp",
  hbaFile: "/etc/archive/pg_hba.conf",
};

/** Text of `postgresql.conf`; ends with a newline. Understood by PostgreSQL 14 and newer. */
export function postgresConf(sizes: PostgresSizes, place: PostgresPlace): string {
  return `${[
    `listen_addresses = ${quoted(place.listen)}`,
    `port = ${place.port}`,
    `unix_socket_directories = ${quoted(place.sockets)}`,
    `hba_file = ${quoted(place.hbaFile)}`,
    `max_connections = ${sizes.connections}`,
    "password_encryption = scram-sha-256",
    `shared_buffers = ${kilobytes(sizes.sharedBuffersBytes)}`,
    `effective_cache_size = ${kilobytes(sizes.cacheBytes)}`,
    `work_mem = ${kilobytes(sizes.workBytes)}`,
    // A hash takes no more than a sort; and each helper of a question takes as much again.
    "hash_mem_multiplier = 1.0",
    `max_parallel_workers = ${sizes.parallelWorkers}`,
    `max_parallel_workers_per_gather = ${Math.min(2, sizes.parallelWorkers)}`,
    `maintenance_work_mem = ${kilobytes(sizes.maintenanceBytes)}`,
    // Indexes are made on empty tables.
    "max_parallel_maintenance_workers = 0",
    // A container has no huge pages of its own: asking for them ends in SIGBUS where the node has some.
    "huge_pages = off",
    // Compiling a query takes longer than those that are asked here.
    "jit = off",
    // Solid-state disks, local or of a cloud: a random page is nearly as near as the next one.
    "random_page_cost = 1.1",
    `max_wal_size = ${kilobytes(sizes.walBytes)}`,
    // Pages are written whole after each checkpoint: more seldom, and smaller.
    "checkpoint_timeout = 15min",
    "wal_compression = on",
    // One server and no replica: the log only has to survive a crash.
    "wal_level = minimal",
    "max_wal_senders = 0",
    // A session that was forgotten keeps partitions from being dropped.
    "idle_in_transaction_session_timeout = 60s",
    "tcp_keepalives_idle = 60",
    "timezone = UTC",
    "log_timezone = UTC",
    // To standard output, which kubectl and the terminal show.
    "log_destination = stderr",
    "logging_collector = off",
    // What tenants log stays out of it: neither statements nor the rows and values that an error would show.
    "log_statement = none",
    "log_min_error_statement = panic",
    "log_error_verbosity = terse",
    "log_checkpoints = off",
    "log_lock_waits = on",
  ].join("\n")}\n`;
}

const kilobytes = (bytes: number): string => `${Math.max(64, Math.floor(bytes / 1024))}kB`;

const quoted = (text: string): string =>
  `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll("\n", "\\n")}'`;
