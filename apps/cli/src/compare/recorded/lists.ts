import { isObject } from "../listing.ts";
import type { Recorded } from "./messages.ts";

/** Answers to `tools/list` that follow each other by their cursors, from the first page on. */
export interface RecordedList {
  readonly conversation: string;
  readonly pages: Recorded[];
  readonly cursors: Set<string>;
}

/** Puts the pages of lists together, and keeps those of clients that list at the same time apart. */
export class RecordedLists {
  /** By conversation and by the cursor that the next page is asked for with; the newest last. */
  readonly #open = new Map<string, RecordedList[]>();
  #last: RecordedList | undefined;
  #complete: RecordedList | undefined;

  /** @param cursor What the page was asked for with. */
  add(cursor: string | undefined, page: Recorded): void {
    const { conversation } = page;
    const list: RecordedList | undefined =
      cursor === undefined
        ? { conversation, pages: [], cursors: new Set() }
        : this.#open.get(keyOf(conversation, cursor))?.pop();
    // The beginning of its list is not among the records.
    if (list === undefined) return;
    list.pages.push(page);
    this.#last = list;
    const next = nextOf(page);
    // A cursor that comes again leads nowhere: whoever reads the list is to see that.
    if (next === undefined || list.cursors.has(next)) {
      if (list.pages.every(({ isCut }) => !isCut)) this.#complete = list;
      return;
    }
    list.cursors.add(next);
    const key = keyOf(conversation, next);
    const open = this.#open.get(key);
    if (open === undefined) this.#open.set(key, [list]);
    else open.push(list);
  }

  /** The last one that is complete; where none is, the last. */
  get last(): RecordedList | undefined {
    return this.#complete ?? this.#last;
  }
}

function keyOf(conversation: string, cursor: string): string {
  return JSON.stringify([conversation, cursor]);
}

function nextOf({ body }: Recorded): string | undefined {
  const result = isObject(body) ? body["result"] : undefined;
  const next = isObject(result) ? result["nextCursor"] : undefined;
  return typeof next === "string" ? next : undefined;
}
