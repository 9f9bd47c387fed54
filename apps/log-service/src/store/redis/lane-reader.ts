import { DamagedBlockError, NewerBlockError } from "../../block/bytes.ts";
import { readHeader, type BlockHeader } from "../../block/header.ts";
import type { BlockRows } from "../../block/rows.ts";
import { openBlock } from "../../block/seal.ts";
import { STORE_LIMITS } from "../../limits.ts";
import { pickRows, type OpenedBlock, type PickedRows } from "../picked-rows.ts";
import type { LaneSummary } from "../namespaces.ts";
import type { SnapshotBounds, SnapshotLane, Tombstone } from "../port.ts";
import { lanePrefix, writePosition } from "../position.ts";
import { boundsOfLane, comparePlaces, type Place } from "../stored-block.ts";
import type { RedisClient } from "./connection.ts";
import { listOf, type EntryFetcher } from "./fetch.ts";
import { HeaderList, type HeaderPage } from "./header-list.ts";
import type { Lane } from "./keys.ts";
import { LaneBlock, type BlockSource } from "./lane-block.ts";
import { runScriptBuffer } from "./script.ts";
import { NewerBlocks } from "./newer-blocks.ts";
import { READ_LANE } from "./scripts.ts";
import { readStreamId, writeStreamId } from "./stream-id.ts";
import { readTombstones } from "./work/tombstones.ts";

/** What all lanes of a store read with. */
export interface LaneSources {
  readonly client: RedisClient;
  readonly fetcher: EntryFetcher;
}

export interface LaneSnapshot {
  readonly blocks: readonly LaneBlock[];
  /** The last position given out; undefined before the first. */
  readonly position: string | undefined;
  readonly summary: SnapshotLane;
  readonly tombstones: readonly Tombstone[];
}

/** Pages read again at once: answers that wait behind too many others would count as lost. */
const PAGES_AT_ONCE = 8;

type Page = HeaderPage<LaneBlock>;

/**
 * One lane as this process has read it. Each refresh asks for what was added and taken away since:
 * one round trip, whichever process wrote, and the answer is of one moment.
 */
export class LaneReader implements BlockSource {
  readonly lane: Lane;
  readonly small = new HeaderList<LaneBlock>();
  readonly large = new HeaderList<LaneBlock>();
  readonly #sources: LaneSources;
  #lastSmall: Place | undefined;
  #lastLarge: Place | undefined;
  #last: Place | undefined;
  #dropped: Place | undefined;
  #committed = 0;
  #tombstones: readonly Tombstone[] = [];
  readonly #newer = new NewerBlocks();
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  readonly #successors = new Map<LaneBlock, Promise<BlockRows | undefined>>();

  constructor(lane: Lane, sources: LaneSources) {
    this.lane = lane;
    this.#sources = sources;
  }

  /** @param used Notes on each page that this snapshot had it. */
  async snapshot(bounds: SnapshotBounds, used: number): Promise<LaneSnapshot> {
    const places = boundsOfLane(bounds, this.lane.number);
    const isWanted = (page: Page, isSmall: boolean): boolean => {
      if (places === undefined || !meetsTimes(page.summary, bounds.time)) return false;
      const { after, upTo } = places;
      // An entry comes after all its records, so a page that ends before a place holds none after it.
      if (after !== undefined && comparePlaces(page.to, after) <= 0) return false;
      return !isSmall || upTo === undefined || comparePlaces(page.from, upTo) <= 0;
    };
    const pages = await this.#pages(isWanted);
    for (const page of pages) page.used = used;
    const all = blocksOf(pages);
    const bounded = places?.after !== undefined || places?.upTo !== undefined;
    return {
      blocks: bounded && places !== undefined ? all.filter((block) => block.meets(places)) : all,
      position: this.#last && writePosition({ lane: this.lane.number, ...this.#last }),
      summary: this.#described(places?.after),
      tombstones: this.#tombstones,
    };
  }

  #described(after: Place | undefined): SnapshotLane {
    const { namespace, number: lane } = this.lane;
    return {
      namespace,
      prefix: lanePrefix(writePosition({ lane, major: 0, minor: 0 })),
      dropped: this.#dropped && writePosition({ lane, ...this.#dropped }),
      committed: this.#committed,
      ...(this.#newer.isBehind(after) ? { isNewer: true } : {}),
    };
  }

  async summary(): Promise<LaneSummary & Pick<LaneSnapshot, "tombstones">> {
    await this.#pages(({ stale }) => stale);
    return {
      small: this.small.pages.map(({ summary }) => summary),
      large: this.large.pages.map(({ summary }) => summary),
      tombstones: this.#tombstones,
    };
  }

  /** Pages as of one moment, those that are wanted with their headers. */
  async #pages(isWanted: (page: Page, isSmall: boolean) => boolean): Promise<readonly Page[]> {
    for (;;) {
      await this.refresh();
      const small = this.small.pages.filter((page) => isWanted(page, true));
      const large = this.large.pages.filter((page) => isWanted(page, false));
      const missing = [
        ...small.filter(isLetGo).map((page) => () => this.#load(true, page)),
        ...large.filter(isLetGo).map((page) => () => this.#load(false, page)),
      ];
      if (missing.length === 0) return [...small, ...large];
      // What a swap takes away while they are read, the refresh after them tells.
      for (let at = 0; at < missing.length; at += PAGES_AT_ONCE) {
        await Promise.all(missing.slice(at, at + PAGES_AT_ONCE).map((load) => load()));
      }
    }
  }

  async #load(isSmall: boolean, page: Page): Promise<void> {
    const { smallHeaders, largeHeaders } = this.lane.keys;
    const entries = await this.#sources.client.xrangeBuffer(
      isSmall ? smallHeaders : largeHeaders,
      writeStreamId(page.from),
      writeStreamId(page.to),
    );
    const held = entries.flatMap((entry) => this.#parse(entry, !isSmall).block ?? []);
    (isSmall ? this.small : this.large).load(page, held);
  }

  /** Resolves once every header committed before this call is known. */
  refresh(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    // The running one may have read already: those who come meanwhile share the one after it.
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  #start(): Promise<void> {
    this.#next = undefined;
    this.#running = this.#read().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /**
   * Nothing of it shows before all of it was read: a swap that is seen half would lose records to
   * whoever looks meanwhile.
   */
  async #read(): Promise<void> {
    const { keys } = this.lane;
    const small: LaneBlock[] = [];
    const large: Entry[] = [];
    let afterSmall = this.#lastSmall;
    let afterLarge = this.#lastLarge;
    for (;;) {
      const reply = listOf(
        await runScriptBuffer(this.#sources.client, READ_LANE, [
          keys.smallHeaders,
          keys.largeHeaders,
          keys.writers,
          keys.tombstones,
          afterSmall === undefined ? "-" : `(${writeStreamId(afterSmall)}`,
          afterLarge === undefined ? "-" : `(${writeStreamId(afterLarge)}`,
          STORE_LIMITS.headersPage,
        ]),
      );
      const last = placeOf(reply[4]);
      if (isBefore(last, this.#last)) return this.#startAgain();
      const smallEntries = listOf(reply[0]).map((entry) => this.#parse(entry, false));
      const largeEntries = listOf(reply[1]).map((entry) => this.#parse(entry, true));
      small.push(...smallEntries.flatMap(({ block }) => block ?? []));
      large.push(...largeEntries);
      afterSmall = smallEntries.at(-1)?.place ?? afterSmall;
      afterLarge = largeEntries.at(-1)?.place ?? afterLarge;
      const most = STORE_LIMITS.headersPage;
      if (smallEntries.length === most || largeEntries.length === most) continue;
      this.#take(small, large, placeOf(reply[2]), placeOf(reply[3]));
      this.#lastSmall = afterSmall;
      this.#lastLarge = afterLarge;
      this.#last = last;
      this.#dropped = placeOf(reply[6]);
      this.#committed = Number(reply[7]);
      this.#tombstones = readTombstones(this.lane, listOf(reply[5]).map(String));
      return undefined;
    }
  }

  #take(
    small: readonly LaneBlock[],
    large: readonly Entry[],
    firstSmall: Place | undefined,
    firstLarge: Place | undefined,
  ): void {
    if (small.length > 0) this.small.add(small);
    const added = large.flatMap(({ block }) => block ?? []);
    if (added.length > 0) this.large.add(added);
    // The server's own streams tell what is gone from their starts; entries tell what went besides.
    this.small.dropBefore(firstSmall);
    this.large.dropBefore(firstLarge);
    const replaced = large.flatMap((entry) => entry.replaced);
    if (replaced.length > 0) this.large.remove(replaced);
    this.#newer.drop(firstSmall, firstLarge, replaced);
  }

  /** The server has less than it had: an unfinished write was lost with it, or it is another one. */
  #startAgain(): Promise<void> {
    this.small.dropBefore(undefined);
    this.large.dropBefore(undefined);
    this.#newer.drop(undefined, undefined, []);
    this.#lastSmall = undefined;
    this.#lastLarge = undefined;
    this.#last = undefined;
    return this.#read();
  }

  #parse(entry: unknown, isLarge: boolean): Entry {
    const [id, flat] = listOf(entry);
    const place = readStreamId(String(id));
    const fields = readFields(flat);
    const replaced = String(fields.get("r") ?? "");
    const bytes = fields.get("h");
    return {
      place,
      block:
        bytes === undefined ? undefined : this.#blockOf(place, bytes, isLarge, fields.get("n")),
      replaced: replaced === "" ? [] : replaced.split(" ").map(readStreamId),
    };
  }

  #blockOf(
    place: Place,
    bytes: Buffer,
    isLarge: boolean,
    before: Buffer | undefined,
  ): LaneBlock | undefined {
    let header: BlockHeader;
    try {
      // A copy: the answer's memory is shared, and a header is kept for long.
      header = readHeader(new Uint8Array(bytes));
    } catch (error) {
      // A block that nothing is known of cannot be searched; the others can.
      if (!(error instanceof DamagedBlockError)) throw error;
      if (error instanceof NewerBlockError) this.#newer.add(place, isLarge);
      return undefined;
    }
    const { namespace, number } = this.lane;
    return new LaneBlock(
      { namespace, lane: number, ...place, header, before: Number(before ?? 0) },
      this,
      isLarge,
    );
  }

  async open(block: LaneBlock): Promise<BlockRows | undefined> {
    const { smallBodies, largeBodies } = this.lane.keys;
    const stream = block.isLarge ? largeBodies : smallBodies;
    const body = await this.#sources.fetcher.fetch(stream, writeStreamId(block));
    return body && openBlock(this.lane.namespace, block.header, body);
  }

  async filtersOf(block: LaneBlock): Promise<Uint8Array | undefined> {
    if (!block.isLarge) return undefined;
    const bytes = await this.#sources.fetcher.fetch(
      this.lane.keys.largeFilters,
      writeStreamId(block),
    );
    return bytes && new Uint8Array(bytes);
  }

  async openSuccessors(gone: LaneBlock): Promise<PickedRows | undefined> {
    const wanted = new Set(gone.runs.map(writeStreamId));
    const pages = await this.#pages(
      (page, isSmall) => !isSmall && comparePlaces(page.to, gone) > 0,
    );
    const blocks = blocksOf(pages).filter((block) =>
      block.runs.some((run) => wanted.has(writeStreamId(run))),
    );
    const opened = await Promise.all(
      blocks.map(async (block): Promise<OpenedBlock | undefined> => {
        const rows = await this.#openSuccessor(block);
        return rows && { block, rows };
      }),
    );
    return pickRows(
      gone.runs,
      opened.filter((each) => each !== undefined),
    );
  }

  /** Neighbours go into one block and are asked for one after the other. */
  #openSuccessor(block: LaneBlock): Promise<BlockRows | undefined> {
    const known = this.#successors.get(block);
    if (known !== undefined) return known;
    const opening = this.open(block);
    this.#successors.set(block, opening);
    opening.catch(() => this.#successors.delete(block));
    const [oldest] = this.#successors.keys();
    if (oldest !== undefined && this.#successors.size > STORE_LIMITS.openedSuccessors) {
      this.#successors.delete(oldest);
    }
    return opening;
  }
}

/** Every question takes them all: joined whole, as one by one takes ten times as long. */
function blocksOf(pages: readonly Page[]): readonly LaneBlock[] {
  const none: readonly LaneBlock[] = [];
  return none.concat(...pages.map(({ held }) => held ?? none));
}

function isLetGo({ held }: Page): boolean {
  return held === undefined;
}

interface Entry {
  readonly place: Place;
  readonly block: LaneBlock | undefined;
  /** Large entries that it takes the place of. */
  readonly replaced: readonly Place[];
}

function readFields(flat: unknown): ReadonlyMap<string, Buffer> {
  const fields = new Map<string, Buffer>();
  const list = listOf(flat);
  for (let at = 0; at + 1 < list.length; at += 2) {
    const value = list[at + 1];
    if (Buffer.isBuffer(value)) fields.set(String(list[at]), value);
  }
  return fields;
}

function placeOf(id: unknown): Place | undefined {
  const text = String(id);
  return text === "" ? undefined : readStreamId(text);
}

function isBefore(last: Place | undefined, known: Place | undefined): boolean {
  if (known === undefined) return false;
  return last === undefined || comparePlaces(last, known) < 0;
}

function meetsTimes(
  { first, last }: { first: { ms: number }; last: { ms: number } },
  time: SnapshotBounds["time"],
): boolean {
  if (time?.fromMs !== undefined && last.ms < time.fromMs) return false;
  return time?.toMs === undefined || first.ms <= time.toMs;
}
