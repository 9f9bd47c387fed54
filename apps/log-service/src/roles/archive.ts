import type { ArchiveAddress } from "../archive/address.ts";
import { POSTGRES_LIMITS } from "../archive/limits.ts";
import type { PendingClearings } from "../archive/clearings/port.ts";
import { createRedisClearings } from "../archive/clearings/redis/redis-clearings.ts";
import type { ArchiveBuffer } from "../archive/moving.ts";
import type { ArchivePolicy, ArchiveReader, ArchiveWriter } from "../archive/port.ts";
import type { ArchiveConfig, ArchiveLogin } from "../config/archive.ts";
import type { ArchiveSources } from "../query/engine/archive/sources.ts";
import type { RedisAddress } from "../store/redis/connection.ts";

// Whatever knows PostgreSQL is loaded when it is first needed: a tenant without an archive does not pay
// for it, and the main thread of one with an archive only for batches that come to it directly.

/** What moves records needs; plain, so that it can be handed to a thread. */
export interface MoverSettings {
  readonly owner: ArchiveAddress;
  readonly writer: ArchiveAddress;
  readonly readerRole: string;
  readonly fullText: boolean;
  readonly policy: ArchivePolicy;
  readonly buffer: ArchiveBuffer;
}

/** What the service has of the archive on its main thread. */
export interface ServeArchive {
  readonly writer: Pick<ArchiveWriter, "storeDirectly">;
  readonly reader: Pick<ArchiveReader, "stats">;
  readonly clearings: PendingClearings;
  close(): Promise<void>;
}

export function readerAddress(config: ArchiveConfig): ArchiveAddress {
  return addressOf(config, config.reader);
}

export function moverSettings(config: ArchiveConfig): MoverSettings {
  return {
    owner: addressOf(config, config.owner),
    writer: addressOf(config, config.writer),
    readerRole: config.reader.user,
    fullText: config.fullText,
    policy: { ageMs: config.retentionMs },
    buffer: config.buffer,
  };
}

function addressOf({ url, ca }: ArchiveConfig, { user, password }: ArchiveLogin): ArchiveAddress {
  return { url, ca, user, password: password?.reveal() };
}

export function openServeArchive(config: ArchiveConfig, redis: RedisAddress): ServeArchive {
  const writer = once(async () => {
    const { createPostgresWriter } = await import("../archive/postgres/writer.ts");
    const address = addressOf(config, config.writer);
    return createPostgresWriter({ writer: address, fullText: config.fullText });
  });
  const reader = once(async () => {
    const { createPostgresReader } = await import("../archive/postgres/reader.ts");
    return createPostgresReader(readerAddress(config), POSTGRES_LIMITS.statsReaders);
  });
  const clearings = createRedisClearings(redis);
  return {
    writer: {
      storeDirectly: async (namespace, records, options) =>
        (await writer.get()).storeDirectly(namespace, records, options),
    },
    reader: { stats: async () => (await reader.get()).stats() },
    clearings,
    close: async () => {
      clearings.close();
      await (await writer.opened)?.close();
      await (await reader.opened)?.close();
    },
  };
}

/** What questions read; for the thread that answers them. */
export async function openSources(
  reader: ArchiveAddress,
  redis: RedisAddress,
): Promise<ArchiveSources> {
  const { createPostgresReader } = await import("../archive/postgres/reader.ts");
  return { reader: createPostgresReader(reader), clearings: createRedisClearings(redis) };
}

interface Once<T> {
  /** Undefined while nobody has asked for it. */
  readonly opened: Promise<T> | undefined;
  get(): Promise<T>;
}

function once<T>(open: () => Promise<T>): Once<T> {
  let opened: Promise<T> | undefined;
  return {
    get opened() {
      return opened;
    },
    get: () => (opened ??= open()),
  };
}
