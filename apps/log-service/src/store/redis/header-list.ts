import type { BlockHeader } from "../../block/header.ts";
import { compareInstants } from "../../record/time.ts";
import type { BlocksSummary } from "../namespaces.ts";
import { storedBytes } from "../retention.ts";
import { comparePlaces, type Place, type StoredBlock } from "../stored-block.ts";

/** Neighbouring entries of one stream. */
export interface HeaderPage<Block extends StoredBlock> {
  readonly from: Place;
  readonly to: Place;
  /** What is known of its blocks while their headers are not in memory. */
  readonly summary: BlocksSummary;
  /** Some of the summed up blocks are gone: it tells too much. */
  readonly stale: boolean;
  /** What its headers take in this process, if they are in. */
  readonly bytes: number;
  /** Undefined while there is no room for them. */
  held: readonly Block[] | undefined;
  /** When a snapshot last had them, by the budget's count. */
  used: number;
}

/** Headers that are read again together. */
const PAGE_BLOCKS = 256;

/** The headers of one stream in its order. Each change makes new pages: one who holds the old ones sees none. */
export class HeaderList<Block extends StoredBlock> {
  pages: readonly HeaderPage<Block>[] = [];

  add(added: readonly Block[]): void {
    const pages = [...this.pages];
    let rest = added;
    const open = pages.at(-1);
    if (open?.held !== undefined && open.held.length < PAGE_BLOCKS) {
      const room = PAGE_BLOCKS - open.held.length;
      pages.pop();
      pages.push(...pageOf([...open.held, ...rest.slice(0, room)], open.used));
      rest = rest.slice(room);
    }
    for (let at = 0; at < rest.length; at += PAGE_BLOCKS) {
      pages.push(...pageOf(rest.slice(at, at + PAGE_BLOCKS), 0));
    }
    this.pages = pages;
  }

  /** Lets go of all that lies before a place; of everything without one. */
  dropBefore(place: Place | undefined): void {
    const first = this.pages[0];
    if (first === undefined || (place !== undefined && comparePlaces(first.from, place) >= 0))
      return;
    this.pages =
      place === undefined
        ? []
        : this.pages.flatMap((page) => without(page, (each) => comparePlaces(each, place) < 0));
  }

  remove(places: readonly Place[]): void {
    for (const gone of places) {
      this.pages = this.pages.flatMap((page) =>
        comparePlaces(page.from, gone) <= 0 && comparePlaces(gone, page.to) <= 0
          ? without(page, (each) => comparePlaces(each, gone) === 0)
          : [page],
      );
    }
  }

  /** Puts headers in that were read again; whatever else the page had is gone from the store. */
  load(page: HeaderPage<Block>, held: readonly Block[]): void {
    const [loaded] = pageOf(held, page.used);
    this.pages = this.pages.flatMap((each) => {
      if (each !== page) return [each];
      return loaded === undefined ? [] : [loaded];
    });
  }
}

function without<Block extends StoredBlock>(
  page: HeaderPage<Block>,
  isGone: (place: Place) => boolean,
): HeaderPage<Block>[] {
  if (page.held !== undefined) {
    const kept = page.held.filter((block) => !isGone(block));
    return kept.length === page.held.length ? [page] : pageOf(kept, page.used);
  }
  // Only an end of the page can be told to be gone: what lies between is found when it is read again.
  return isGone(page.to) && isGone(page.from) ? [] : [{ ...page, stale: true }];
}

/** No page for no blocks. */
function pageOf<Block extends StoredBlock>(
  held: readonly Block[],
  used: number,
): HeaderPage<Block>[] {
  const [from] = held;
  const to = held.at(-1);
  if (from === undefined || to === undefined) return [];
  let { first, last } = from.header;
  let records = 0;
  let stored = 0;
  let heldBytes = 0;
  for (const { header } of held) {
    heldBytes += heapBytes(header);
    records += header.records;
    stored += storedBytes(header);
    if (compareInstants(header.first, first) < 0) first = header.first;
    if (compareInstants(header.last, last) > 0) last = header.last;
  }
  const summary = { blocks: held.length, records, stored, first, last };
  const places = {
    from: { major: from.major, minor: from.minor },
    to: { major: to.major, minor: to.minor },
  };
  return [{ ...places, summary, stale: false, bytes: heldBytes, held, used }];
}

/** About what a header takes once parsed; measured on headers of all sizes. */
function heapBytes({ traceFilter, sources, minutes, runs }: BlockHeader): number {
  const lists = sources.size * 64 + (minutes?.length ?? 0) * 128 + (runs?.length ?? 0) * 64;
  return 800 + traceFilter.length + lists;
}
