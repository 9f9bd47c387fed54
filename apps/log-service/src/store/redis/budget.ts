import type { StoredBlock } from "../stored-block.ts";
import type { HeaderPage } from "./header-list.ts";

interface Holder {
  readonly pages: readonly HeaderPage<StoredBlock>[];
}

/**
 * Keeps the headers of all lanes within their bytes: pages that no snapshot has asked for longest go
 * first, of those the oldest. Nothing goes while a snapshot is being put together.
 */
export class HeaderBudget {
  readonly #limit: number;
  #clock = 0;
  #snapshots = 0;

  /** @param limit Bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The number of this snapshot, for the pages that it takes. */
  enter(): number {
    this.#snapshots += 1;
    this.#clock += 1;
    return this.#clock;
  }

  leave(lists: readonly Holder[]): void {
    this.#snapshots -= 1;
    if (this.#snapshots > 0) return;
    let excess = heldBytes(lists) - this.#limit;
    if (excess <= 0) return;
    const loaded = lists.flatMap(({ pages }) => pages.filter(({ held }) => held !== undefined));
    loaded.sort((a, b) => a.used - b.used || a.to.major - b.to.major);
    for (const page of loaded) {
      if (excess <= 0) return;
      excess -= pageBytes(page);
      page.held = undefined;
    }
  }
}

export function heldBytes(lists: readonly Holder[]): number {
  let bytes = 0;
  for (const { pages } of lists) for (const page of pages) bytes += pageBytes(page);
  return bytes;
}

function pageBytes({ held, bytes }: HeaderPage<StoredBlock>): number {
  return held === undefined ? 0 : bytes;
}
