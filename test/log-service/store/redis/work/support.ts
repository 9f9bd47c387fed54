import { Redis } from "ioredis";

import type { BlockRows } from "../../../../../apps/log-service/src/block/rows.ts";
import { clearedRows } from "../../../../../apps/log-service/src/store/clearing.ts";
import type {
  CompileTombstone,
  LogStore,
  MergeOptions,
  Merged,
} from "../../../../../apps/log-service/src/store/port.ts";
import {
  createRedisStore,
  type RedisStoreOptions,
} from "../../../../../apps/log-service/src/store/redis/redis-store.ts";
import type { PreparedRecord } from "../../../../../apps/log-service/src/record/record.ts";
import { sampleRecord } from "../../../record/sample.ts";
import { readyStore } from "../ready.ts";

/** A tombstone's filter in these tests: a word that messages have. The store reads no other language. */
export const compileWord: CompileTombstone = (word) => (rows: BlockRows) =>
  Uint8Array.from({ length: rows.count }, (_, row) => Number(rows.message(row).includes(word)));

export function openStore(url: string, options: RedisStoreOptions = {}): Promise<LogStore> {
  return readyStore(createRedisStore({ url }, { compileTombstone: compileWord, ...options }));
}

/** Merges until nothing is left that is worth it; with `eager` until nothing is left. */
export async function mergeAll(store: LogStore, options: MergeOptions = {}): Promise<Merged> {
  const sum = { blocks: 0, into: 0, records: 0, cleared: 0 };
  for (let more = true; more;) {
    const step = await store.merge(options);
    sum.blocks += step.blocks;
    sum.into += step.into;
    sum.records += step.records;
    sum.cleared += step.cleared;
    more = step.more;
  }
  return { ...sum, more: false };
}

/** Every record that a reader shows, cleared ones left out, with its id; an id seen twice is there twice. */
export async function shown(
  store: LogStore,
  namespaces: readonly string[] = ["default"],
): Promise<[id: string, record: PreparedRecord][]> {
  const { blocks, tombstones } = await store.snapshot(namespaces);
  const found: [string, PreparedRecord][] = [];
  for (const block of blocks) {
    const rows = await block.read();
    if (rows === undefined) continue;
    const cleared = new Uint8Array(rows.count);
    for (const tombstone of tombstones) {
      if (tombstone.namespace !== block.namespace) continue;
      const within = block.rowsWithin({ upTo: tombstone.upTo });
      clearedRows(tombstone, rows, compileWord).forEach((covered, row) => {
        if (covered === 1 && (within === "all" || within[row] === 1)) cleared[row] = 1;
      });
    }
    for (let row = 0; row < rows.count; row += 1) {
      if (cleared[row] === 0) found.push([block.idOf(row), rows.record(row)]);
    }
  }
  return found;
}

/** The messages that a reader shows, in commit order. */
export async function shownTexts(
  store: LogStore,
  namespaces?: readonly string[],
): Promise<string[]> {
  const found = await shown(store, namespaces);
  return found.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, { message }]) => message);
}

/** One block each. */
export async function appendSingles(
  store: LogStore,
  texts: readonly string[],
  fields: Partial<PreparedRecord> = {},
): Promise<string[]> {
  const ids: string[] = [];
  for (const message of texts) {
    ids.push(...(await store.append([sampleRecord({ message, ...fields })])));
  }
  return ids;
}

export function numbered(count: number, name = "record"): string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index}`);
}

/** Runs commands past the store. */
export async function withClient<T>(url: string, run: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await run(client);
  } finally {
    client.disconnect();
  }
}

/** Entries of one lane's streams. */
export function lengths(
  url: string,
  lane = "default:0",
): Promise<{ small: number; large: number; tombstones: number }> {
  return withClient(url, async (client) => ({
    small: await client.xlen(`{nl:${lane}}:h`),
    large: await client.xlen(`{nl:${lane}}:B`),
    tombstones: Math.max(0, (await client.hlen(`{nl:${lane}}:t`)) - 1),
  }));
}
