import { DamagedBlockError } from "../../block/bytes.ts";
import type { BlockRows } from "../../block/rows.ts";
import { SEARCH_LIMITS } from "../../limits.ts";
import type { BlockRef, Snapshot } from "../../store/port.ts";
import type { Matcher } from "../match/matcher.ts";
import { mayHold } from "../match/tokens.ts";
import type { Asking } from "./asking.ts";
import type { Task } from "./task.ts";

/** A block that is on its way. */
export interface ReadBlock {
  readonly block: BlockRef;
  /** Waits for its rows and counts them as scanned; undefined for a block that is gone or damaged. */
  readonly rows: () => Promise<BlockRows | undefined>;
}

interface Ahead {
  readonly block: BlockRef;
  readonly read: Promise<BlockRows | undefined>;
}

/** Blocks whose token filters are asked for together: few at first, as most searches end there. */
const FIRST_WINDOW = 8;
const LARGEST_WINDOW = 512;

/**
 * Where so few are left, some are there by their filters' mistake: one block in a thousand. The
 * templates of blocks that were counted before find them out at a tenth of what reading one costs.
 */
const FEW_BLOCKS = 16;

/**
 * Reads blocks in order, leaving out those that token filters or templates rule out, and some ahead of
 * the one in hand: first one, then more. Gives the thread away in between.
 */
export async function* readBlocks(
  blocks: readonly BlockRef[],
  matcher: Matcher,
  snapshot: Snapshot,
  { task, templates }: Pick<Asking, "task" | "templates">,
): AsyncGenerator<ReadBlock, void, undefined> {
  const candidates = withTokens(blocks, matcher, snapshot, task);
  const isFew = blocks.length <= FEW_BLOCKS;
  const ahead: Ahead[] = [];
  let bytesAhead = 0;
  let isEnd = false;
  for (let at = 0; ; at += 1) {
    const window = 1 + Math.min(2 * at, SEARCH_LIMITS.readAhead);
    // Half of them at a time: what is asked for together goes out in one write.
    const isLow = 2 * ahead.length <= window && 2 * bytesAhead <= SEARCH_LIMITS.readAheadBytes;
    const wanted = isLow ? window : 0;
    while (!isEnd && ahead.length < wanted && bytesAhead < SEARCH_LIMITS.readAheadBytes) {
      const { value: block } = await candidates.next();
      if (block === undefined) isEnd = true;
      else if (isFew && templates.holdNone(block.position, matcher)) task.scanned.skipped += 1;
      else {
        bytesAhead += block.header.rawBytes;
        const read = block.read();
        // One that the question no longer waits for may fail unheard.
        read.catch(() => undefined);
        ahead.push({ block, read });
      }
    }
    const next = ahead.shift();
    if (next === undefined) return;
    bytesAhead -= next.block.header.rawBytes;
    await task.pause();
    yield { block: next.block, rows: () => rowsOf(next, task) };
  }
}

async function rowsOf({ block, read }: Ahead, task: Task): Promise<BlockRows | undefined> {
  try {
    const rows = await read;
    if (rows !== undefined) {
      task.scanned.blocks += 1;
      task.scanned.records += rows.count;
      task.scanned.bytes += block.header.rawBytes;
    }
    return rows;
  } catch (error) {
    if (!(error instanceof DamagedBlockError)) throw error;
    task.scanned.damaged += 1;
    return undefined;
  }
}

async function* withTokens(
  blocks: readonly BlockRef[],
  { tokens }: Matcher,
  snapshot: Snapshot,
  task: Task,
): AsyncGenerator<BlockRef, undefined, undefined> {
  if (tokens.kind === "none") {
    yield* blocks;
    return undefined;
  }
  let size = FIRST_WINDOW;
  for (let at = 0; at < blocks.length; at += size, size = Math.min(4 * size, LARGEST_WINDOW)) {
    const window = blocks.slice(at, at + size);
    const filters = await snapshot.loadTokens(window);
    for (const [index, block] of window.entries()) {
      if (mayHold(tokens, filters[index])) yield block;
      else task.scanned.skipped += 1;
    }
    await task.pause();
  }
  return undefined;
}
