import { encodeBlock, type RawBlock } from "../../block/encode.ts";
import { sealBlock, type SealedBlock } from "../../block/seal.ts";
import { STORE_LIMITS } from "../../limits.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { BlockIds, writePosition } from "../position.ts";
import { splitForBlocks } from "../split.ts";
import type { Place } from "../stored-block.ts";
import { Group } from "./group.ts";
import { LoopTurns } from "./loop-turns.ts";

/** @param key Short idempotency key, or "". */
export type CommitBlock = (block: SealedBlock, key: string) => Promise<Place>;

/** For all lanes, as they share one event loop: a full block takes 10 ms to encode, a batch has dozens. */
const turns = new LoopTurns();

/** What waits for its turn: each answers its own callers. */
type Job = () => Promise<void>;

/**
 * Group commit for one lane. Small writes that come within a few milliseconds share a block, and
 * more than that while every commit is under way; large ones become blocks of their own.
 */
export class Committer {
  readonly #lane: number;
  readonly #commit: CommitBlock;
  #open: Group | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #waiting: Job[] = [];
  #running = 0;

  constructor(lane: number, commit: CommitBlock) {
    this.#lane = lane;
    this.#commit = commit;
  }

  /** Blocks under way and waiting. */
  get load(): number {
    return this.#running + this.#waiting.length;
  }

  /**
   * The records' ids, once they are kept.
   * @param key Short idempotency key, or "". With one, the same records make the same blocks again.
   */
  async append(records: readonly PreparedRecord[], key: string): Promise<readonly string[]> {
    const runs = splitForBlocks(records);
    const [only] = runs;
    if (only === undefined) return [];
    if (runs.length === 1) return this.#add(only, key);
    const ids = runs.map((run, part) => this.#add(run, key && `${key}:${part}`));
    return (await Promise.all(ids)).flat();
  }

  /** The same for a block made ready before. */
  appendBlock(block: RawBlock, key: string): Promise<BlockIds> {
    return new Promise((resolve, reject) => {
      this.#enqueue(() => this.#store(block, key).then(resolve, reject));
    });
  }

  #add(records: readonly PreparedRecord[], key: string): Promise<readonly string[]> {
    if (key !== "" || records.length >= STORE_LIMITS.ownBlockRecords) {
      const own = new Group();
      const ids = own.add(records);
      this.#enqueueGroup(own, key);
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
    if (group !== undefined) this.#enqueueGroup(group, "");
  }

  #enqueueGroup(group: Group, key: string): void {
    this.#enqueue(async () => {
      try {
        if (group.isLarge) await turns.next();
        const ids = await this.#store(encodeBlock(group.records), key);
        group.settle(ids.all());
      } catch (error) {
        group.fail(error);
      }
    });
  }

  async #store(block: RawBlock, key: string): Promise<BlockIds> {
    const sealed = await sealBlock(block);
    const { major, minor } = await this.#commit(sealed, key);
    const position = writePosition({ lane: this.#lane, major, minor });
    return new BlockIds(position, sealed.records);
  }

  #enqueue(job: Job): void {
    this.#waiting.push(job);
    this.#pump();
  }

  #pump(): void {
    while (this.#running < STORE_LIMITS.commitsInFlight) {
      const job = this.#waiting.shift();
      if (job === undefined) break;
      this.#running += 1;
      void this.#run(job);
    }
  }

  async #run(job: Job): Promise<void> {
    await job();
    this.#running -= 1;
    this.#pump();
    // A group that was due while no commit was free goes now.
    if (this.#open !== undefined && this.#timer === undefined) this.#due();
  }
}
