import { DamagedBlockError } from "../block/bytes.ts";
import { compileTombstone } from "../query/engine/tombstones.ts";
import type { Matcher, Selection } from "../query/match/matcher.ts";
import { presentRecord } from "../record/present.ts";
import { sortedLanes, writeMark, type Bookmark } from "./bookmark.ts";
import type { FollowChunk, FollowFormat } from "./port.ts";
import type { Window, WindowBlock } from "./window.ts";

// Not a Buffer: those share memory, which could not be handed to another thread.
const ENCODER = new TextEncoder();

interface Event {
  readonly id: string;
  /** Records committed to the lane up to this one, itself included. */
  readonly count: number;
  readonly json: string;
}

/** Makes a window's events for one filter after the other; a record's JSON is made once for all. */
export class WindowEvents {
  readonly #window: Window;
  readonly #cleared: readonly (readonly Selection[])[];
  readonly #json: readonly Map<number, string>[];

  constructor(window: Window) {
    this.#window = window;
    this.#cleared = window.blocks.map((block) => clearedRows(window, block));
    this.#json = window.blocks.map(() => new Map<number, string>());
  }

  /** @returns undefined if the window holds nothing that matches. */
  chunk(matcher: Matcher, format: FollowFormat): FollowChunk | undefined {
    const lanes = new Map<string, Event[]>();
    for (const [at, block] of this.#window.blocks.entries()) {
      const events = lanes.get(block.lane) ?? [];
      lanes.set(block.lane, events);
      this.#collect(at, block, matcher, events);
    }
    let text = "";
    let count = 0;
    for (const lane of sortedLanes(this.#window.end)) {
      const events = lanes.get(lane);
      if (events === undefined || events.length === 0) continue;
      // A merged block's records and those of the blocks committed between them.
      events.sort((a, b) => (a.id < b.id ? -1 : 1));
      count += events.length;
      text += format === "sse" ? this.#serverSent(lane, events) : asLines(events);
    }
    return count === 0 ? undefined : { bytes: ENCODER.encode(text), events: count };
  }

  #collect(at: number, block: WindowBlock, matcher: Matcher, into: Event[]): void {
    const { ref, rows, within } = block;
    if (!matcher.mayMatch(ref.header, ref.namespace)) return;
    const cleared = this.#cleared[at] ?? [];
    const known = this.#json[at];
    try {
      const selection = matcher.bind(rows, ref);
      if (selection === "none") return;
      for (let row = 0; row < rows.count; row += 1) {
        if (!(isIn(selection, row) && isIn(within, row))) continue;
        if (cleared.some((rows) => isIn(rows, row))) continue;
        const id = ref.idOf(row);
        const json = known?.get(row) ?? JSON.stringify(presentRecord(id, rows.record(row)));
        known?.set(row, json);
        into.push({ id, count: ref.before + row + 1, json });
      }
    } catch (error) {
      // Columns are checked as they are read.
      if (!(error instanceof DamagedBlockError)) throw error;
    }
  }

  /** Lanes before this one are at the window's end, those after it at its start. */
  #serverSent(lane: string, events: readonly Event[]): string {
    const { start, end } = this.#window;
    const lanes = sortedLanes(end);
    const place = lanes.indexOf(lane);
    const before = marks(end, lanes.slice(0, place));
    const after = marks(start, lanes.slice(place + 1));
    const prefix = before === "" ? "id: " : `id: ${before}.`;
    const suffix = after === "" ? "\ndata: " : `.${after}\ndata: `;
    let text = "";
    for (const { id, count, json } of events) {
      text += `${prefix}${writeMark({ at: id, count })}${suffix}${json}\n\n`;
    }
    return text;
  }
}

function isIn(rows: Selection, row: number): boolean {
  return rows === "all" || (rows !== "none" && rows[row] === 1);
}

/** What each tombstone takes out of a block: found once, whatever is then looked for. */
function clearedRows({ tombstones }: Window, { ref, rows }: WindowBlock): Selection[] {
  try {
    return tombstones
      .map((tombstone) => compileTombstone(tombstone))
      .filter((clearing) => clearing.mayTouch(ref))
      .map((clearing) => clearing.rows(ref, rows));
  } catch (error) {
    if (!(error instanceof DamagedBlockError)) throw error;
    return ["all"];
  }
}

function asLines(events: readonly Event[]): string {
  let text = "";
  for (const { json } of events) text += `${json}\n`;
  return text;
}

/** Lanes that the bookmark does not know are not named: they are read from their start. */
function marks(bookmark: Bookmark, lanes: readonly string[]): string {
  return lanes
    .flatMap((lane) => bookmark.get(lane) ?? [])
    .map(writeMark)
    .join(".");
}
