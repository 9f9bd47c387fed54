import { ARCHIVED_QUERY_LIMITS } from "../../../archive/limits.ts";
import { isWithin } from "../../../archive/compare.ts";
import type {
  ArchivedRecord,
  ArchivePage,
  ArchiveQuery,
  ArchiveSelection,
  Condition,
  IdRange,
  Tally,
  TallyKey,
} from "../../../archive/port.ts";
import { compareInstants } from "../../../record/time.ts";
import type { BlockRef, PositionBounds, Tombstone } from "../../../store/port.ts";
import { readPosition, writePosition, writeRecordId } from "../../../store/position.ts";
import type { Moment } from "../../filter.ts";
import type { Order, SortKey } from "../../key.ts";
import { narrow, type Narrowed } from "../../narrow.ts";
import type { HeaderNeeds } from "../../pipes/header-groups.ts";
import { Selector, type Wanted } from "../selector.ts";
import type { Task } from "../task.ts";
import { compileTombstone } from "../tombstones.ts";
import { blocksOf, type ArchivedBlock } from "./block.ts";
import { countsOf, type Count } from "./counts.ts";
import { wasThere } from "./cleared.ts";
import type { ArchiveDesk } from "./desk.ts";
import type { Seam } from "./seam.ts";

export type { Count } from "./counts.ts";

/** What one question is about, as far as it is the archive's to answer. */
export interface ArchivedOptions {
  readonly desk: ArchiveDesk;
  readonly task: Task;
  readonly names: readonly string[];
  readonly wanted: Wanted;
  readonly bounds: PositionBounds;
  readonly seam: Seam;
  /** Of the hot store, and those that the archive has not carried out. */
  readonly tombstones: readonly Tombstone[];
}

/** Some records in the order asked for. */
export interface ArchivedList {
  readonly records: readonly ArchivedRecord[];
  /** Where the list ends; undefined for an empty one. */
  readonly last: SortKey | undefined;
  /** There is nothing behind it within the times asked for. */
  readonly isEnd: boolean;
}

export interface ListQuery {
  readonly order: Order;
  readonly behind?: SortKey | undefined;
  readonly from?: Moment | undefined;
  readonly to?: Moment | undefined;
  /** Records that would do. */
  readonly enough: number;
}

/** One question's part of the archive. Whatever it lists is still to be selected from, unless it is sure. */
export class Archived {
  readonly selector: Selector;
  /** Where lanes stand that the hot store does not have. */
  readonly positions: readonly string[];
  readonly #options: ArchivedOptions;
  readonly #narrowed: Narrowed;
  /** Records of the last list. */
  #listed = 0;

  constructor(options: ArchivedOptions) {
    const { wanted, bounds, seam, tombstones, names } = options;
    this.#options = options;
    this.#narrowed = narrow(wanted.filter, wanted);
    this.positions = seam.positions;
    const clearings = tombstones
      .filter(({ namespace }) => names.includes(namespace))
      .map((tombstone) => compileTombstone(tombstone, wasThere));
    this.selector = new Selector(wanted, bounds, clearings);
  }

  /** There is nothing for the archive to answer. */
  get isEmpty(): boolean {
    return this.#options.seam.within.length === 0;
  }

  /** What the archive finds is just what the question is about: it needs no selecting, and can be counted there. */
  get isSure(): boolean {
    const { wanted, tombstones, names } = this.#options;
    return (
      this.#narrowed.exact &&
      wanted.refine === undefined &&
      !tombstones.some(({ namespace }) => names.includes(namespace))
    );
  }

  /** @throws ServiceError NL_ARCHIVE_UNAVAILABLE. */
  async list({ order, behind, from, to, enough }: ListQuery): Promise<ArchivedList> {
    const limit = Math.min(Math.max(enough, 4 * this.#listed), ARCHIVED_QUERY_LIMITS.listRecords);
    const { records, more } = await this.#read({
      ...this.#selection(),
      from: nearest(this.#narrowed.from, from, 1),
      to: nearest(this.#narrowed.to, to, -1),
      order,
      behind,
      limit,
    });
    this.#listed = records.length;
    const last = records.at(-1);
    return {
      records,
      last: last && { ms: last.record.ms, nanos: last.record.nanos, id: last.id },
      isEnd: !more,
    };
  }

  /** What was listed, to be selected from. */
  blocksOf({ records }: ArchivedList): Promise<readonly ArchivedBlock[]> {
    return blocksOf(records);
  }

  /**
   * Counts of what matches, in the form of headers that tell what is needed; only while `isSure`.
   * @param ms What it may take.
   * @returns undefined for too many groups: the records tell then, as far as the budget goes.
   * @throws ServiceError NL_ARCHIVE_UNAVAILABLE.
   */
  async count(
    { sources, bucketMs, isEndIn }: HeaderNeeds,
    ms: number,
  ): Promise<readonly Count[] | undefined> {
    const bucket = bucketMs === undefined ? [] : [{ bucketMs, isEndIn }];
    const [levels, named] = await Promise.all([
      this.#tally(["namespace", "level", ...bucket], ms),
      sources ? this.#tally(["namespace", "source"], ms) : [],
    ]);
    if (levels === undefined || named === undefined) return undefined;
    return countsOf(levels, sources ? named : undefined, bucketMs);
  }

  /** The first and the last that may count; none if there is nothing. */
  async spans(): Promise<readonly { readonly header: { first: Moment; last: Moment } }[]> {
    const ends = (["asc", "desc"] as const).map((order) =>
      this.#read({ ...this.#selection(), order, limit: 1 }),
    );
    const [[first], [last]] = await Promise.all(
      ends.map(async (end) => (await end).records.map(({ record }) => record)),
    ).then(([a = [], b = []]) => [a, b] as const);
    return first === undefined || last === undefined ? [] : [{ header: { first, last } }];
  }

  #tally(by: readonly TallyKey[], ms: number): Promise<readonly Tally[] | undefined> {
    const { desk, task } = this.#options;
    const { tallyMs, tallies: limit } = ARCHIVED_QUERY_LIMITS;
    const wait = Math.min(ms, tallyMs);
    return desk.call(task, wait, (signal) =>
      desk.sources.reader.tally({ ...this.#selection(), by, limit, signal }),
    );
  }

  /** Records by their ids, of the question's namespaces. */
  async withIds(ids: readonly string[]): Promise<readonly ArchivedBlock[]> {
    const condition: Condition = { kind: "is", field: "id", values: ids };
    return blocksOf(await this.#all({ namespaces: { only: this.#options.names }, condition }));
  }

  /**
   * What a block of the hot store had that is gone from there since the snapshot.
   * @param left The block as it was read, if some of it was.
   */
  async ofGone(block: BlockRef, left: BlockRef | undefined): Promise<readonly ArchivedBlock[]> {
    const ranges = rangesOf(block);
    const { within } = this.#options.seam;
    const records = await this.#all({
      ...this.#selection(),
      namespaces: { only: [block.namespace] },
      within: [whole(ranges)],
    });
    return blocksOf(
      records.filter(
        ({ id }) => isWithin(id, ranges) && !isWithin(id, within) && left?.rowOf(id) === undefined,
      ),
    );
  }

  /** For what is known to be few. */
  async #all(selection: ArchiveSelection): Promise<readonly ArchivedRecord[]> {
    const found: ArchivedRecord[] = [];
    for (let behind: SortKey | undefined; ;) {
      const limit = ARCHIVED_QUERY_LIMITS.listRecords;
      const { records, more } = await this.#read({ ...selection, order: "asc", behind, limit });
      found.push(...records);
      const last = records.at(-1);
      if (last === undefined || !more) return found;
      behind = { ms: last.record.ms, nanos: last.record.nanos, id: last.id };
    }
  }

  #selection(): ArchiveSelection {
    const { names, seam } = this.#options;
    const { condition, from, to } = this.#narrowed;
    return { namespaces: { only: names }, within: seam.within, condition, from, to };
  }

  #read(query: Omit<ArchiveQuery, "units" | "signal">): Promise<ArchivePage> {
    const { desk, task } = this.#options;
    const units = ARCHIVED_QUERY_LIMITS.listUnits;
    return desk.call(task, ARCHIVED_QUERY_LIMITS.readMs, (signal) =>
      desk.sources.reader.read({ ...query, units, signal }),
    );
  }
}

function nearest(a: Moment | undefined, b: Moment | undefined, sign: 1 | -1): Moment | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareInstants(a, b) * sign > 0 ? a : b;
}

/** The ids that a block was stored with. */
function rangesOf({ position, header }: BlockRef): readonly IdRange[] {
  const own = readPosition(position);
  if (own === undefined) return [];
  const { lane } = own;
  const runs = header.runs ?? [{ ...own, index: 0, count: header.records }];
  return runs.map(({ major, minor, index, count }): IdRange => {
    const at = writePosition({ lane, major, minor });
    return [writeRecordId(at, index), writeRecordId(at, index + count)];
  });
}

/** One range that has them all, as a block may have thousands. */
function whole(ranges: readonly IdRange[]): IdRange {
  let [first, end] = ranges[0] ?? ["", ""];
  for (const [start, stop] of ranges) {
    if (start < first) first = start;
    if (stop > end) end = stop;
  }
  return [first, end];
}
