import { DamagedBlockError } from "../../../block/bytes.ts";
import { compareInstants, writeInstant } from "../../../record/time.ts";
import type { BlockRef } from "../../../store/port.ts";
import type { Moment } from "../../filter.ts";
import { countOf } from "../../match/mask.ts";
import { open, type Asking, type Opened } from "../asking.ts";
import type { About, Summed } from "../questions.ts";
import { readBlocks } from "../reading.ts";
import { ArchivedSum } from "./archived-sum.ts";
import type { Span, Sum } from "./port.ts";

export type { HeaderRef, Span, Sum } from "./port.ts";

/**
 * Adds up what a question is about, the newest blocks first, as far as its budget goes.
 * @param options.isLaidOut The sum has to know beforehand which times there are.
 */
export async function sumUp(
  about: About,
  asking: Asking,
  sumOf: (spans: readonly Span[]) => Sum,
  { isLaidOut = false } = {},
): Promise<Summed> {
  const opened = await open(about.scope, about, {}, asking);
  const { task } = asking;
  const wanted = opened.snapshot.blocks.filter((block) => opened.selector.mayHold(block));
  task.scanned.skipped += opened.snapshot.blocks.length - wanted.length;
  const archive = opened.archived && new ArchivedSum(opened.archived, asking);
  if (isLaidOut) await archive?.measure();
  const sum = sumOf(archive === undefined ? wanted : [...wanted, ...archive.spans]);
  // Both at once: the archive counts while blocks are read.
  archive?.start(sum);
  const toRead = addKnown(wanted, sum, opened, asking);
  const hot =
    toRead.length === 0 ? undefined : await addRead(toRead, wanted, sum, opened, asking, archive);
  const archived = await archive?.finish(sum);
  const frontier = later(hot, archived);
  return {
    truncated: frontier !== undefined,
    covered: covered(about, [...wanted, ...(archive?.spans ?? [])], frontier),
    scanned: task.scanned,
  };
}

function later(a: Moment | undefined, b: Moment | undefined): Moment | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareInstants(a, b) < 0 ? b : a;
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
  archive: ArchivedSum | undefined,
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
    if (rows === undefined || rows.count < block.header.records) {
      await archive?.addGone(block, rows === undefined ? undefined : block, sum);
    }
  }
  return undefined;
}

/** The times that were counted in full: all that was asked, or what is newer than the first left out. */
function covered(
  { from, to }: About,
  spans: readonly Span[],
  frontier: Moment | undefined,
): Summed["covered"] {
  let first: Moment | undefined;
  let last: Moment | undefined;
  for (const { header } of spans) {
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
