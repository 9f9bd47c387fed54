import type { ArchivedRecord } from "../../../archive/port.ts";
import type { ArchivedBlock } from "../archive/block.ts";
import type { ArchivedList } from "../archive/archived.ts";
import type { Selector } from "../selector.ts";
import type { Moment } from "../../filter.ts";
import { keyComparison, type CompareKeys, type Order, type SortKey } from "../../key.ts";
import type { ArchivePart } from "./archive-part.ts";

export interface FeedOptions {
  readonly part: ArchivePart;
  readonly order: Order;
  /** From where on the page needs the archive: behind a record, from a moment on, or both. */
  readonly behind: SortKey | undefined;
  readonly moment: Moment | undefined;
  /** Records of the first list. */
  readonly enough: number;
}

/** Records of the archive, in order. */
export interface Listed {
  readonly records: readonly ArchivedRecord[];
  /** The same, and what selects from them; undefined where all of them are wanted. */
  readonly choice: Choice | undefined;
}

export interface Choice {
  readonly blocks: readonly ArchivedBlock[];
  readonly selector: Selector;
}

type FedList = Listed & ArchivedList;

/**
 * The archive's records for one page, in order, list by list. Their ids lie in the order too, so what
 * was read up to a key is all that there is up to it.
 */
export class ArchiveFeed {
  /** Everything up to here was read; undefined before the first list. */
  frontier: SortKey | undefined;
  /** Nothing comes behind the frontier. */
  isEnd = false;
  /** How many lists were read. */
  lists = 0;
  readonly #options: FeedOptions;
  readonly #compare: CompareKeys;
  #asked: Promise<FedList | undefined> | undefined;
  #ready: FedList | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#compare = keyComparison(options.order);
  }

  /** Whether everything up to a record's place was read. */
  isPast(key: SortKey): boolean {
    return this.frontier !== undefined && this.#compare(this.frontier, key) >= 0;
  }

  /** Asks for the first list, unless that was done, to be there when it is needed. */
  ask(): void {
    if (this.#asked !== undefined || this.lists > 0) return;
    this.#asked = this.#read(undefined);
    void this.#asked.then((list) => (this.#ready = list)).catch(() => undefined);
  }

  /** The list that was asked for, once it has come. */
  ready(): FedList | undefined {
    const list = this.#ready;
    return list === undefined ? undefined : this.#took(list);
  }

  /**
   * The next list; undefined if there is none, or none any more.
   * @param until The page needs nothing behind this moment.
   */
  async next(until: Moment | undefined): Promise<FedList | undefined> {
    const asked = this.#asked;
    const list = await (asked ?? this.#read(until));
    if (list === undefined) this.isEnd = true;
    if (list === undefined || asked !== undefined || until === undefined || !list.isEnd) {
      return list && this.#took(list);
    }
    // Up to there it was all; behind it there may be more.
    const last = { ...until, id: this.#options.order === "asc" ? LAST_ID : FIRST_ID };
    return this.#took({ ...list, last, isEnd: false });
  }

  #took(list: FedList): FedList {
    this.#asked = undefined;
    this.#ready = undefined;
    this.lists += 1;
    this.frontier = list.last ?? this.frontier;
    this.isEnd = list.isEnd;
    return list;
  }

  async #read(until: Moment | undefined): Promise<FedList | undefined> {
    const { part, behind, moment, order, enough } = this.#options;
    return part.use(async (archived) => {
      if (archived.isEmpty) return undefined;
      const [first, last] = order === "asc" ? [moment, until] : [until, moment];
      const list = await archived.list({
        order,
        behind: this.frontier ?? behind,
        from: first && { ms: first.ms, nanos: first.nanos },
        to: last && justBehind(last),
        enough,
      });
      const { selector } = archived;
      const choice = archived.isSure
        ? undefined
        : { blocks: await archived.blocksOf(list), selector };
      return { ...list, choice };
    });
  }
}

function justBehind({ ms, nanos }: Moment): Moment {
  return nanos === NANOS - 1 ? { ms: ms + 1, nanos: 0 } : { ms, nanos: nanos + 1 };
}

const NANOS = 1_000_000;

/** Beyond the ids of all records of one moment: those are digits and letters. */
const FIRST_ID = "";
const LAST_ID = "~";
