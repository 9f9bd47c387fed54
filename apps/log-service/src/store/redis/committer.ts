import { encodeBlock } from "../../block/encode.ts";
import { sealBlock, type SealedBlock } from "../../block/seal.ts";
import { STORE_LIMITS } from "../../limits.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { writePosition, writeRecordIds } from "../position.ts";
import { splitForBlocks } from "../split.ts";
import { Group } from "./group.ts";
import type { StreamId } from "./stream-id.ts";

export type CommitBlock = (block: SealedBlock) => Promise<StreamId>;

/**
 * Group commit for one lane. Small writes that come within a few milliseconds share a block, and
 * more than that while every commit is under way; large ones become blocks of their own.
 */
export class Committer {
  readonly #lane: number;
  readonly #commit: CommitBlock;
  #open: Group | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #waiting: Group[] = [];
  #running = 0;

  constructor(lane: number, commit: CommitBlock) {
    this.#lane = lane;
    this.#commit = commit;
  }

  /** The records' ids, once they are kept. */
  async append(records: readonly PreparedRecord[]): Promise<readonly string[]> {
    const runs = splitForBlocks(records);
    const [only] = runs;
    if (only === undefined) return [];
    if (runs.length === 1) return this.#add(only);
    return (await Promise.all(runs.map((run) => this.#add(run)))).flat();
  }

  #add(records: readonly PreparedRecord[]): Promise<readonly string[]> {
    if (records.length >= STORE_LIMITS.ownBlockRecords) {
      const own = new Group();
      const ids = own.add(records);
      this.#enqueue(own);
      return ids;
    }
    if (this.#open !== undefined && !this.#open.fits(records)) this.#closeOpen();
    if (this.#open === undefined) {
      this.#open = new Group();
      this.#timer = setTimeout(() => this.#due(), STORE_LIMITS.groupMs);
    }
    return this.#open.add(records);
  }

  /** The wait is over. While no commit is free the group stays open: waiting makes it larger. */
  #due(): void {
    this.#timer = undefined;
    if (this.#running < STORE_LIMITS.commitsInFlight) this.#closeOpen();
  }

  #closeOpen(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#open;
    this.#open = undefined;
    if (group !== undefined) this.#enqueue(group);
  }

  #enqueue(group: Group): void {
    this.#waiting.push(group);
    this.#pump();
  }

  #pump(): void {
    while (this.#running < STORE_LIMITS.commitsInFlight) {
      const group = this.#waiting.shift();
      if (group === undefined) break;
      this.#running += 1;
      void this.#run(group);
    }
  }

  async #run(group: Group): Promise<void> {
    try {
      const { major, minor } = await this.#commit(await sealBlock(encodeBlock(group.records)));
      const position = writePosition({ lane: this.#lane, major, minor });
      group.settle(writeRecordIds(position, group.records.length));
    } catch (error) {
      group.fail(error);
    }
    this.#running -= 1;
    this.#pump();
    // A group that was due while no commit was free goes now.
    if (this.#open !== undefined && this.#timer === undefined) this.#due();
  }
}
