import { DamagedBlockError } from "../../../block/bytes.ts";
import { compareInstants } from "../../../record/time.ts";
import type { BlockRef } from "../../../store/port.ts";
import type { Moment } from "../../filter.ts";
import type { SortKey } from "../../key.ts";
import type { Archived, Count } from "../archive/archived.ts";
import type { ArchivedBlock } from "../archive/block.ts";
import { warnOf, type Asking } from "../asking.ts";
import type { Span, Sum } from "./port.ts";

const EVERY_LEVEL = [true, true, true, true, true, true];

/** The archive's part of a sum: counted there, where it can tell, or by its records. */
export class ArchivedSum {
  /** First and last of what may count, as far as that is known yet. */
  spans: readonly Span[] = [];
  readonly #opening: Promise<Archived | undefined>;
  readonly #asking: Asking;
  #counted: Promise<readonly Count[] | undefined> | undefined;

  /** @param opening Undefined while the archive is away. */
  constructor(opening: Promise<Archived | undefined>, asking: Asking) {
    this.#opening = opening;
    this.#asking = asking;
  }

  /** Asks for the spans before anything else, for a sum that is laid out by them. */
  async measure(): Promise<void> {
    await this.#use(async (archived) => {
      this.spans = await archived.spans();
    });
  }

  /** Has the archive count, if it can, while other things are done. */
  start({ headerNeeds }: Sum): void {
    if (headerNeeds === undefined) return;
    this.#counted = this.#opening.then((archived) =>
      archived?.isEmpty === false && archived.isSure
        ? archived.count(headerNeeds, this.#asking.task.msLeft)
        : undefined,
    );
    // Whoever waits for it is told.
    this.#counted.catch(() => undefined);
  }

  /** @returns The newest moment of what was not counted, if the budget did not reach. */
  finish(sum: Sum): Promise<Moment | undefined> {
    return this.#use(async (archived) => {
      const counts = await this.#counted;
      if (counts === undefined) return this.#addRecords(archived, sum);
      for (const count of counts) {
        if (!sum.addHeader(count, EVERY_LEVEL)) throw new TypeError("a sum refused what it needs");
      }
      this.spans = ends([...this.spans, ...counts]);
      return undefined;
    });
  }

  /** What a block of the hot store had that has gone since. */
  async addGone(block: BlockRef, left: BlockRef | undefined, sum: Sum): Promise<void> {
    try {
      const archived = await this.#opening;
      if (archived !== undefined) this.#add(archived, await archived.ofGone(block, left), sum);
    } catch (error) {
      warnOf(error, this.#asking.warnings);
    }
  }

  /** Does something with the archive, unless it has nothing to say or is away. */
  async #use<T>(work: (archived: Archived) => Promise<T>): Promise<T | undefined> {
    try {
      const archived = await this.#opening;
      return archived === undefined || archived.isEmpty ? undefined : await work(archived);
    } catch (error) {
      warnOf(error, this.#asking.warnings);
      return undefined;
    }
  }

  /** The newest first. */
  async #addRecords(archived: Archived, sum: Sum): Promise<Moment | undefined> {
    const { task } = this.#asking;
    for (let behind: SortKey | undefined; ;) {
      const list = await archived.list({ order: "desc", behind, enough: FIRST_RECORDS });
      const blocks = await archived.blocksOf(list);
      this.#add(archived, blocks, sum);
      this.spans = ends([...this.spans, ...blocks]);
      behind = list.last;
      if (behind === undefined || list.isEnd) return undefined;
      if (task.spent) return behind;
      await task.pause();
    }
  }

  #add(archived: Archived, blocks: readonly ArchivedBlock[], sum: Sum): void {
    const { task } = this.#asking;
    for (const block of blocks) {
      const { rows, header } = block;
      task.scanned.blocks += 1;
      task.scanned.records += rows.count;
      task.scanned.bytes += header.rawBytes;
      try {
        const selection = archived.selector.rows(block, rows, () => task.check());
        if (selection !== "none") sum.addRows(block, rows, selection);
      } catch (error) {
        if (!(error instanceof DamagedBlockError)) throw error;
        task.scanned.damaged += 1;
      }
    }
  }
}

/** Everything is read, so the first list is as long as a later one. */
const FIRST_RECORDS = 4_096;

/** Of spans the one that has them all: a sum may read thousands of blocks. */
function ends(spans: readonly Span[]): readonly Span[] {
  const [some] = spans;
  if (some === undefined) return [];
  let { first, last } = some.header;
  for (const { header } of spans) {
    if (compareInstants(header.first, first) < 0) first = header.first;
    if (compareInstants(header.last, last) > 0) last = header.last;
  }
  return [{ header: { first, last } }];
}
