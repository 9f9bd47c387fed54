import { BLOCK_LIMITS, STORE_LIMITS } from "../../limits.ts";
import { unitsOf, type PreparedRecord } from "../../record/record.ts";

/** One caller's records in a group. */
interface Share {
  readonly start: number;
  readonly count: number;
  readonly resolve: (ids: readonly string[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Records of several callers that become one block. */
export class Group {
  readonly records: PreparedRecord[] = [];
  readonly #shares: Share[] = [];
  #units = 0;

  /** Whether its block takes so long to make that others should have their turn before. */
  get isLarge(): boolean {
    return (
      this.records.length >= STORE_LIMITS.ownBlockRecords ||
      this.#units >= STORE_LIMITS.largeGroupUnits
    );
  }

  /** Whether so many more fit; an empty group takes anything that was split for blocks. */
  fits(records: readonly PreparedRecord[]): boolean {
    if (this.records.length === 0) return true;
    return (
      this.records.length + records.length <= BLOCK_LIMITS.records &&
      this.#units + unitsOfAll(records) <= BLOCK_LIMITS.units
    );
  }

  add(records: readonly PreparedRecord[]): Promise<readonly string[]> {
    const start = this.records.length;
    for (const record of records) this.records.push(record);
    this.#units += unitsOfAll(records);
    return new Promise((resolve, reject) => {
      this.#shares.push({ start, count: records.length, resolve, reject });
    });
  }

  /** @param ids One for each record of the group. */
  settle(ids: readonly string[]): void {
    for (const { start, count, resolve } of this.#shares) resolve(ids.slice(start, start + count));
  }

  fail(error: unknown): void {
    for (const { reject } of this.#shares) reject(error);
  }
}

export function unitsOfAll(records: readonly PreparedRecord[]): number {
  let units = 0;
  for (const record of records) units += unitsOf(record);
  return units;
}
