import { DamagedBlockError } from "../../../block/bytes.ts";
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
  /** First and last of what may count. */
  readonly spans: readonly Span[];
  readonly #archived: Archived;
  readonly #asking: Asking;
  #counted: Promise<readonly Count[]> | undefined;

  private constructor(archived: Archived, spans: readonly Span[], asking: Asking) {
    this.#archived = archived;
    this.spans = spans;
    this.#asking = asking;
  }

  /** Undefined while the archive is away. */
  static async open(
    opening: Promise<Archived | undefined>,
    asking: Asking,
  ): Promise<ArchivedSum | undefined> {
    const archived = await opening;
    if (archived === undefined) return undefined;
    try {
      const spans = archived.isEmpty ? [] : await archived.spans();
      return new ArchivedSum(archived, spans, asking);
    } catch (error) {
      warnOf(error, asking.warnings);
      return undefined;
    }
  }

  /** Has the archive count, if it can. */
  start({ headerNeeds }: Sum): void {
    if (this.spans.length === 0 || headerNeeds === undefined || !this.#archived.isCountable) return;
    this.#counted = this.#archived.count(headerNeeds, this.#asking.task.msLeft);
    // Whoever waits for it is told.
    this.#counted.catch(() => undefined);
  }

  /** @returns The newest moment of what was not counted, if the budget did not reach. */
  async finish(sum: Sum): Promise<Moment | undefined> {
    if (this.spans.length === 0) return undefined;
    try {
      if (this.#counted === undefined) return await this.#addRecords(sum);
      for (const count of await this.#counted) {
        if (!sum.addHeader(count, EVERY_LEVEL)) throw new TypeError("a sum refused what it needs");
      }
      return undefined;
    } catch (error) {
      warnOf(error, this.#asking.warnings);
      return undefined;
    }
  }

  /** What a block of the hot store had that has gone since. */
  async addGone(block: BlockRef, left: BlockRef | undefined, sum: Sum): Promise<void> {
    try {
      this.#add(await this.#archived.ofGone(block, left), sum);
    } catch (error) {
      warnOf(error, this.#asking.warnings);
    }
  }

  /** The newest first. */
  async #addRecords(sum: Sum): Promise<Moment | undefined> {
    const { task } = this.#asking;
    for (let behind: SortKey | undefined; ;) {
      const list = await this.#archived.list({ order: "desc", behind, enough: FIRST_RECORDS });
      this.#add(list.blocks, sum);
      behind = list.last;
      if (behind === undefined || list.isEnd) return undefined;
      if (task.spent) return behind;
      await task.pause();
    }
  }

  #add(blocks: readonly ArchivedBlock[], sum: Sum): void {
    const { task } = this.#asking;
    for (const block of blocks) {
      const { rows, header } = block;
      task.scanned.blocks += 1;
      task.scanned.records += rows.count;
      task.scanned.bytes += header.rawBytes;
      try {
        const selection = this.#archived.selector.rows(block, rows, () => task.check());
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
