import * as fc from "fast-check";

import { hashBytes } from "../../../apps/log-service/src/block/hash.ts";
import type { BlockRows } from "../../../apps/log-service/src/block/rows.ts";
import { buildTokenFilter, TokenSet } from "../../../apps/log-service/src/block/token-filter.ts";
import { tokensOf } from "../../../apps/log-service/src/block/tokens.ts";
import type { PreparedRecord } from "../../../apps/log-service/src/record/record.ts";
import {
  createMemoryStore,
  type MemoryStoreOptions,
} from "../../../apps/log-service/src/store/memory/memory-store.ts";
import type { BlockRef, LogStore } from "../../../apps/log-service/src/store/port.ts";

export const layout: fc.Arbitrary<MemoryStoreOptions> = fc.record({
  lanes: fc.constantFrom(1, 2),
  layout: fc.constantFrom("small" as const, "merged" as const, "half-merged" as const),
});

export async function storeOf(
  batches: readonly (readonly PreparedRecord[])[],
  options: MemoryStoreOptions,
): Promise<LogStore> {
  const store = createMemoryStore(options);
  for (const batch of batches) await store.append(batch);
  return store;
}

export interface ReadBlock {
  readonly block: BlockRef;
  readonly rows: BlockRows;
  /** As a large block has it, whatever the size of this one. */
  readonly tokens: Uint8Array;
}

export async function readAll(store: LogStore): Promise<ReadBlock[]> {
  const { blocks } = await store.snapshot(["one", "two", "default"]);
  const read: ReadBlock[] = [];
  for (const block of blocks) {
    const rows = await block.read();
    if (rows === undefined) throw new Error("a block is gone");
    const tokens = new TokenSet(64);
    for (let row = 0; row < rows.count; row += 1) {
      for (const token of tokensOf(rows.message(row))) {
        const bytes = Buffer.from(token);
        tokens.add(hashBytes(bytes, 0, bytes.length));
      }
    }
    read.push({ block, rows, tokens: buildTokenFilter(tokens) });
  }
  return read;
}
