import { DamagedBlockError } from "../../../block/bytes.ts";
import type { BlockRows } from "../../../block/rows.ts";
import { compareInstants, writeInstant } from "../../../record/time.ts";
import type { BlockRef } from "../../../store/port.ts";
import type { Moment } from "../../filter.ts";
import { countOf } from "../../match/mask.ts";
import type { Selection } from "../../match/matcher.ts";
import { open, type Asking, type Opened } from "../asking.ts";
import type { About, Summed } from "../questions.ts";
import { readBlocks } from "../reading.ts";

/** What adds up: told of each block once, in no promised order. */
export interface Sum {
  /** By its header. `levels`: those of which every record counts. False if the block has to be read. */
  addHeader(block: BlockRef, levels: readonly boolean[]): boolean;
  /** For sums that need nothing but how many; false if the rows are needed all the same. */
  addCount?(count: number): boolean;
  /**
   * @param selection Never `none`.
   * @throws DamagedBlockError as the rows do; the block has then counted for nothing.
   */
  addRows(block: BlockRef, rows: BlockRows, selection: Selection): void;
}

/** Adds up what a question is about, the newest blocks first, as far as its budget goes. */
export async function sumUp(
  about: About,
  asking: Asking,
  sumOf: (blocks: readonly BlockRef[]) => Sum,
): Promise<Summed> {
  const opened = await open(about.scope, about, {}, asking);
  const { task } = asking;
  const wanted = opened.snapshot.blocks.filter((block) => opened.selector.mayHold(block));
  task.scanned.skipped += opened.snapshot.blocks.length - wanted.length;
  const sum = sumOf(wanted);
  const toRead = addKnown(wanted, sum, opened, asking);
  const frontier =
    toRead.length === 0 ? undefined : await addRead(toRead, wanted, sum, opened, asking);
  return {
    truncated: frontier !== undefined,
    covered: covered(about, wanted, frontier),
    scanned: task.scanned,
  };
}

/** What headers and templates in memory tell. @returns The blocks that have to be read. */
function addKnown(
  wanted: readonly BlockRef[],
  sum: Sum,
  { selector }: Opened,
  { task, templates }: Asking,
): BlockRef[] {
  const { byTemplates } = selector.matcher;
  const toRead: BlockRef[] = [];
  for (const block of wanted) {
    const levels = selector.levelsOf(block);
    if (levels !== undefined && sum.addHeader(block, levels)) {
      task.scanned.counted += 1;
      continue;
    }
    const known = byTemplates === undefined ? undefined : templates.get(block.position);
    const selection = known === undefined ? undefined : byTemplates?.(known);
    if (selection === "none") task.scanned.skipped += 1;
    else if (
      selection !== undefined &&
      selector.isWhole(block) &&
      sum.addCount?.(countOf(selection, block.header.records)) === true
    )
      task.scanned.counted += 1;
    else toRead.push(block);
  }
  return toRead;
}

/** @returns The newest moment of what was not read, if the budget did not reach. */
async function addRead(
  toRead: BlockRef[],
  wanted: readonly BlockRef[],
  sum: Sum,
  { selector, snapshot }: Opened,
  asking: Asking,
): Promise<Moment | undefined> {
  const { task, templates } = asking;
  const inUse = new Set(wanted.map(({ position }) => position));
  let learns = selector.matcher.byTemplates !== undefined;
  toRead.sort((a, b) => compareInstants(b.header.last, a.header.last));
  for await (const { block, rows: read } of readBlocks(
    toRead,
    selector.matcher,
    snapshot,
    asking,
  )) {
    if (task.spent && task.scanned.blocks > 0) return block.header.last;
    const rows = await read();
    if (rows !== undefined) {
      try {
        const selection = selector.rows(block, rows, () => task.check());
        if (selection !== "none") sum.addRows(block, rows, selection);
        // What is left of a block that was merged away in between is not what its place stands for.
        if (rows.count === block.header.records)
          learns &&= templates.learn(block.position, rows, inUse);
      } catch (error) {
        if (!(error instanceof DamagedBlockError)) throw error;
        task.scanned.damaged += 1;
      }
    }
  }
  return undefined;
}

/** The times that were counted in full: all that was asked, or what is newer than the first left out. */
function covered(
  { from, to }: About,
  blocks: readonly BlockRef[],
  frontier: Moment | undefined,
): Summed["covered"] {
  let first: Moment | undefined;
  let last: Moment | undefined;
  for (const { header } of blocks) {
    if (first === undefined || compareInstants(header.first, first) < 0) first = header.first;
    if (last === undefined || compareInstants(header.last, last) > 0) last = header.last;
  }
  const start = frontier ?? from ?? first;
  const end = to ?? last;
  if (start === undefined || end === undefined) return null;
  if (compareInstants(start, end) > 0) return null;
  return { from: text(start), to: text(end) };
}

function text({ ms, nanos }: Moment): string {
  return writeInstant(ms, nanos, nanos === 0 ? 3 : 9);
}
