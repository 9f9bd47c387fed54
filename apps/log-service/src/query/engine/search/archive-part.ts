import type { Archived } from "../archive/archived.ts";
import type { Warning } from "../archive/sources.ts";
import { warnOf } from "../asking.ts";

/** The archive's part of a page, which may fail at any time: the page is made without it then. */
export class ArchivePart {
  /** Something was missed: the page lacks what only the archive has. */
  hasFailed = false;
  readonly #archived: Promise<Archived | undefined>;
  readonly #warnings: Warning[];

  /** @param archived Undefined while the archive is away. */
  constructor(archived: Promise<Archived | undefined>, warnings: Warning[]) {
    this.#archived = archived;
    this.#warnings = warnings;
  }

  /** @returns What the work gives; undefined, with a warning, where the archive fails. */
  async use<T>(work: (archived: Archived) => Promise<T>): Promise<T | undefined> {
    try {
      const archived = await this.#archived;
      if (archived !== undefined) return await work(archived);
    } catch (error) {
      warnOf(error, this.#warnings);
    }
    this.hasFailed = true;
    return undefined;
  }
}
