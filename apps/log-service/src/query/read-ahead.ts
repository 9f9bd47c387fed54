import { setImmediate as nextTurn } from "node:timers/promises";

import { DamagedBlockError } from "../block/bytes.ts";
import type { BlockRows } from "../block/rows.ts";
import { SEARCH_LIMITS } from "../limits.ts";
import type { BlockRef } from "../store/port.ts";

/** Work without a pause on the thread that also takes in records; see `readAhead`. */
const TURN_MS = 8;

/** What reading one block gave: undefined rows for one that is gone or damaged. */
export interface ReadBlock {
  readonly block: BlockRef;
  readonly rows: BlockRows | undefined;
  readonly damaged: boolean;
}

/**
 * Reads blocks in order, some ahead of the one in hand: first one, as most searches end there, then
 * more. Lets other work of the process run in between.
 */
export async function* readAhead(
  blocks: readonly BlockRef[],
  signal: AbortSignal | undefined,
): AsyncGenerator<ReadBlock, void, undefined> {
  const reads: Promise<ReadBlock>[] = [];
  let started = 0;
  let bytesAhead = 0;
  let lastTurn = performance.now();
  for (let at = 0; at < blocks.length; at += 1) {
    signal?.throwIfAborted();
    const window = at + Math.min(2 * at, SEARCH_LIMITS.readAhead);
    while (started <= window && (started === at || bytesAhead < SEARCH_LIMITS.readAheadBytes)) {
      const block = blocks[started++];
      if (block === undefined) break;
      bytesAhead += block.header.rawBytes;
      reads.push(readOne(block));
    }
    const next = reads.shift();
    if (next === undefined) return;
    const read = await next;
    bytesAhead -= read.block.header.rawBytes;
    if (performance.now() - lastTurn > TURN_MS) {
      await nextTurn();
      lastTurn = performance.now();
    }
    yield read;
  }
}

function readOne(block: BlockRef): Promise<ReadBlock> {
  const read = block.read().then(
    (rows) => ({ block, rows, damaged: false }),
    (error: unknown) => {
      if (error instanceof DamagedBlockError) return { block, rows: undefined, damaged: true };
      throw error;
    },
  );
  // A read that the search no longer waits for may fail unheard.
  read.catch(() => undefined);
  return read;
}
