import { ServiceError } from "../../errors.ts";
import { unitsOf, type PreparedRecord } from "../../record/record.ts";
import { lanePrefix } from "../../store/position.ts";
import { cleanRecord } from "../clean.ts";
import { compareKeys, isWithin, keyOf } from "../compare.ts";
import { checkMoves, refuse } from "../lanes.ts";
import type {
  ArchivedRecord,
  ArchiveHold,
  ArchiveQuery,
  ArchiveReader,
  ArchiveWriter,
  ClearQuery,
  Covers,
  LaneMove,
  Moved,
} from "../port.ts";
import { Contents } from "./contents.ts";
import { isSelected } from "./match.ts";
import { tallyRecords } from "./tally.ts";

export interface MemoryArchiveOptions {
  /** Why a record cannot be kept; undefined for one that can. */
  readonly poison?: (record: PreparedRecord) => string | undefined;
}

/** An archive that lives as long as its process: for tests, and as the model of what the port means. */
export class MemoryArchive {
  readonly #contents = new Contents();
  readonly #poison: (record: PreparedRecord) => string | undefined;
  #isAway = false;
  #holder: object | undefined;

  constructor({ poison = () => undefined }: MemoryArchiveOptions = {}) {
    this.#poison = poison;
  }

  /** From now on every call fails, and the hold is lost, as if the database had gone. */
  goAway(): void {
    this.#isAway = true;
    this.#holder = undefined;
  }

  comeBack(): void {
    this.#isAway = false;
  }

  /** As if the connection of the one that moves were cut. */
  breakHold(): void {
    this.#holder = undefined;
  }

  reader(): ArchiveReader {
    const contents = this.#contents;
    return {
      read: async (query) => {
        this.#reach(query.signal);
        const sign = query.order === "asc" ? 1 : -1;
        const { behind } = query;
        const found = contents.records
          .filter(
            (archived) =>
              isSelected(archived, query) &&
              (behind === undefined || compareKeys(keyOf(archived), behind) * sign > 0),
          )
          .sort((a, b) => compareKeys(keyOf(a), keyOf(b)) * sign);
        const records = firstOf(found, query);
        return { records, more: records.length < found.length };
      },
      tally: async (query) => {
        this.#reach(query.signal);
        const selected = contents.records.filter((archived) => isSelected(archived, query));
        const tallies = tallyRecords(selected, query.by);
        return tallies.length > query.limit ? undefined : tallies;
      },
      positions: async () => {
        this.#reach();
        return contents.positions();
      },
      stats: async () => {
        this.#reach();
        return contents.stats();
      },
      close: async () => undefined,
    };
  }

  writer(): ArchiveWriter {
    const contents = this.#contents;
    const held = new Set<object>();
    return {
      hold: async () => {
        this.#reach();
        if (this.#holder !== undefined) return undefined;
        const holder = {};
        this.#holder = holder;
        held.add(holder);
        return this.#hold(holder);
      },
      storeDirectly: async (namespace, records, { idempotencyKey } = {}) => {
        this.#reach();
        const clean = records.map((record) => cleanRecord({ ...record, namespace }));
        const reason = clean.map(this.#poison).find((found) => found !== undefined);
        if (reason !== undefined) throw new ServiceError("NL_RECORD_FIELD_VALUE", reason);
        return clean.length === 0 ? [] : contents.storeDirectly(namespace, clean, idempotencyKey);
      },
      close: async () => {
        if (this.#holder !== undefined && held.has(this.#holder)) this.#holder = undefined;
      },
    };
  }

  #hold(holder: object): ArchiveHold {
    const contents = this.#contents;
    const held = (): void => {
      this.#reach();
      if (this.#holder !== holder) throw unavailable("the hold was lost");
    };
    return {
      positions: async () => {
        held();
        return contents.positions();
      },
      move: async (parts) => {
        held();
        return this.#move(parts);
      },
      clear: async (query, covers) => {
        held();
        return this.#clear(query, covers);
      },
      tend: async (policy, nowMs) => {
        held();
        return contents.tend(policy, nowMs);
      },
      release: async () => {
        if (this.#holder === holder) this.#holder = undefined;
      },
    };
  }

  #move(parts: readonly LaneMove[]): Moved {
    const contents = this.#contents;
    checkMoves(parts);
    for (const { from, to } of parts) {
      const stands = contents.positionOf(lanePrefix(to));
      if (stands !== from)
        refuse(`the lane stands at ${stands ?? "its start"}, not ${from ?? "there"}`);
    }
    const quarantined: { id: string; reason: string }[] = [];
    let stored = 0;
    for (const part of parts) {
      for (const { id, record } of part.records) {
        const clean = cleanRecord(record);
        const reason = this.#poison(clean);
        if (reason === undefined) contents.records.push({ id, record: clean });
        else quarantined.push({ id, reason });
        stored += reason === undefined ? 1 : 0;
      }
      contents.advance(part);
    }
    contents.quarantined += quarantined.length;
    contents.lastMoveMs = Date.now();
    return { stored, quarantined };
  }

  async #clear(query: ClearQuery, covers: Covers): Promise<number> {
    const { within, receivedUntilMs, ...selection } = query;
    const named = new Set(within.map(([first]) => lanePrefix(first)));
    const asked = this.#contents.records.filter(
      (archived) =>
        isSelected(archived, selection) &&
        (named.has(lanePrefix(archived.id))
          ? isWithin(archived.id, within)
          : archived.record.received <= receivedUntilMs),
    );
    const mask = await covers(asked);
    const gone = new Set(asked.filter((_, index) => mask[index] === 1));
    this.#contents.records = this.#contents.records.filter((archived) => !gone.has(archived));
    return gone.size;
  }

  #reach(signal?: AbortSignal): void {
    signal?.throwIfAborted();
    if (this.#isAway) throw unavailable("the archive is away");
  }
}

function firstOf(
  found: readonly ArchivedRecord[],
  { limit, units = Infinity }: Pick<ArchiveQuery, "limit" | "units">,
): readonly ArchivedRecord[] {
  let taken = 0;
  let text = 0;
  for (const { record } of found) {
    text += unitsOf(record);
    if (taken === limit || (taken > 0 && text > units)) break;
    taken += 1;
  }
  return found.slice(0, taken);
}

function unavailable(reason: string): ServiceError {
  return new ServiceError("NL_ARCHIVE_UNAVAILABLE", undefined, { cause: new Error(reason) });
}
