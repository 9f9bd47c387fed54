import { ServiceError } from "../../../errors.ts";
import type { Archived } from "../archive/archived.ts";

/** What a page asks of the archive, which may fail at any time: the page is made without it then. */
export class ArchivePart {
  /** Why something was missed, if it was. */
  failure: ServiceError | undefined;
  readonly #archived: Promise<Archived | undefined>;

  /** @param archived Undefined while the archive is away. */
  constructor(archived: Promise<Archived | undefined>) {
    this.#archived = archived;
  }

  /** @returns What the work gives; undefined where the archive fails. */
  async use<T>(work: (archived: Archived) => Promise<T>): Promise<T | undefined> {
    try {
      const archived = await this.#archived;
      if (archived !== undefined) return await work(archived);
      this.failure = new ServiceError("NL_ARCHIVE_UNAVAILABLE");
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      this.failure = error;
    }
    return undefined;
  }
}
