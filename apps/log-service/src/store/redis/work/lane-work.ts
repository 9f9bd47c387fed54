import { DamagedBlockError } from "../../../block/bytes.ts";
import type { RowMask } from "../../../block/pattern.ts";
import type { BlockRows } from "../../../block/rows.ts";
import { openBlock, type SealedBlock } from "../../../block/seal.ts";
import { readHeader } from "../../../block/header.ts";
import { WORK_LIMITS } from "../../../limits.ts";
import { clearedRows, isAllCleared, mayBeCleared } from "../../clearing.ts";
import { comparePlaces, type Place } from "../../stored-block.ts";
import type { RedisContext } from "../context.ts";
import type { Lane } from "../keys.ts";
import { runScript } from "../script.ts";
import { writeStreamId } from "../stream-id.ts";
import { betterCount, goodCount } from "./body-size.ts";
import { chooseLittle, chooseSmall, takeFitting } from "./choose.ts";
import { LaneLease } from "./lease.ts";
import { LaneLedger, type LedgerBlock, type SmallBlock } from "./ledger.ts";
import { mergeParts, textBytes, type Part } from "./merged-block.ts";
import { FORGET_TOMBSTONES, REWRITE, rewriteKeys, SWAP } from "./scripts.ts";
import { isWithin, type LaneTombstone } from "./tombstones.ts";

/** What one step did. */
export interface Step {
  readonly blocks: number;
  readonly into: number;
  readonly records: number;
  readonly cleared: number;
}

/** Records from which a block tells what its lane's records take. */
const TELLING_RECORDS = 1_024;

/**
 * The work on one lane: swaps its small blocks for large ones, takes cleared records out, and puts
 * little large blocks together. One block's worth a step, so that lanes take turns.
 */
export class LaneWork {
  readonly lane: Lane;
  readonly ledger: LaneLedger;
  readonly #context: RedisContext;
  readonly #lease: LaneLease;
  /** What a record takes in this lane's large bodies, as the last ones had it. */
  #bytesARecord: number | undefined;
  /** Up to where the large blocks hold nothing more of each tombstone. */
  readonly #purged = new Map<string, Place>();
  /** Large blocks that cannot be put together with others: damaged ones, and those of much text. */
  readonly #apart = new WeakSet<LedgerBlock>();

  constructor(context: RedisContext, lane: Lane, holder: string) {
    this.lane = lane;
    this.#context = context;
    this.ledger = new LaneLedger(context, lane);
    this.#lease = new LaneLease(context, lane, holder);
  }

  /**
   * Does the next piece of work.
   * @returns what it did; "again" if others changed the lane meanwhile; undefined if there is none,
   *   or another process has the lane.
   */
  async step(eager: boolean): Promise<Step | "again" | undefined> {
    await this.ledger.refresh();
    const work = this.#next(eager);
    if (work === undefined) {
      await this.#lease.give();
      return undefined;
    }
    const token = await this.#lease.take();
    if (token === undefined) return undefined;
    try {
      return await work(token);
    } catch (error) {
      const refusal = error instanceof Error ? error.message.split(" ", 1)[0] : undefined;
      if (refusal === "FENCE") {
        this.#lease.lost();
        return undefined;
      }
      if (refusal === "GONE" || refusal === "TOMBSTONE") return "again";
      throw error;
    }
  }

  give(): Promise<void> {
    return this.#lease.give();
  }

  #next(eager: boolean): ((token: string) => Promise<Step | "again">) | undefined {
    const { small, large, tombstones } = this.ledger;
    const covered = this.#coveredSmall();
    if (covered.length > 0) return (token) => this.#swap(token, covered);
    const chosen = chooseSmall(small, {
      records: goodCount(this.#bytesARecord),
      now: performance.now(),
      eager,
    });
    if (chosen.length > 0) return (token) => this.#swap(token, chosen);
    for (const tombstone of tombstones.all) {
      const block = this.#coveredLarge(tombstone);
      if (block !== undefined) return (token) => this.#purge(token, tombstone, block);
    }
    const done = tombstones.all.filter((tombstone) => this.#isDone(tombstone));
    if (done.length > 0) return (token) => this.#forget(token, done);
    const little = chooseLittle(large.filter((block) => !this.#apart.has(block)));
    return little.length > 1 ? (token) => this.#rewrite(token, little) : undefined;
  }

  /** Small blocks up to the last one that a tombstone covers: clearing does not wait for others to come. */
  #coveredSmall(): readonly SmallBlock[] {
    const { small, tombstones } = this.ledger;
    const last = small.findLastIndex((block) =>
      tombstones.all.some((tombstone) => covers(tombstone, block)),
    );
    return takeFitting(small.slice(0, last + 1), goodCount(this.#bytesARecord));
  }

  /** The next large block that may have records of a tombstone. What was added since has none. */
  #coveredLarge(tombstone: LaneTombstone): LedgerBlock | undefined {
    const done = this.#purged.get(tombstone.id);
    return this.ledger.large.find(
      (block) =>
        covers(tombstone, block) && (done === undefined || comparePlaces(block.id, done) > 0),
    );
  }

  /** Whether every small block up to its bound was looked at; the large ones were. */
  #isDone(tombstone: LaneTombstone): boolean {
    const { small, beyond } = this.ledger;
    const last = small.at(-1);
    return beyond === 0 || last === undefined || !isWithin(last.id, tombstone);
  }

  /** Takes the place of a prefix of the small stream. */
  async #swap(token: string, blocks: readonly SmallBlock[]): Promise<Step | "again"> {
    const { count, all } = this.ledger.tombstones;
    const bodies = await this.#bodies(this.lane.keys.smallBodies, blocks);
    const opened: { block: SmallBlock; part: Part | undefined }[] = [];
    for (const block of blocks) {
      const body = bodies.get(writeStreamId(block.id));
      if (all.some((each) => isWithin(block.id, each) && isAllCleared(each, block))) {
        opened.push({ block, part: undefined });
        continue;
      }
      const part = body && (await this.#open(block, block.header, body));
      if (part === undefined) {
        // What nobody can read now is kept as it is: a newer version may have written it.
        if (opened.length === 0) return this.#move(token, block, body);
        break;
      }
      opened.push({ block, part });
    }
    const whole = await mergeParts(partsOf(opened));
    let taken = upTo(whole.taken, opened);
    let merged = whole.block;
    const better = merged && betterCount(merged.body.length, merged.records);
    if (better !== undefined) {
      const fitting = takeFitting(
        taken.map(({ block }) => block),
        better,
      ).length;
      if (fitting > 1 && fitting < taken.length) {
        taken = taken.slice(0, fitting);
        merged = (await mergeParts(partsOf(taken))).block;
      }
    }
    const source = taken.map(({ block }) => block);
    await this.#runSwap(token, count, source, merged);
    return this.#done(source, merged);
  }

  async #runSwap(
    token: string,
    tombstones: string,
    source: readonly SmallBlock[],
    merged: Pick<SealedBlock, "header" | "filters" | "body"> | undefined,
  ): Promise<void> {
    const { keys } = this.lane;
    const [first] = source;
    const last = source.at(-1);
    if (first === undefined || last === undefined) return;
    await runScript(this.#context.writes, SWAP, [
      keys.lease,
      keys.writers,
      keys.tombstones,
      keys.smallHeaders,
      keys.smallBodies,
      keys.largeHeaders,
      keys.largeFilters,
      keys.largeBodies,
      token,
      tombstones,
      writeStreamId(first.id),
      writeStreamId({ major: last.id.major, minor: last.id.minor + 1 }),
      first.before,
      ...stored(merged),
    ]);
  }

  async #move(token: string, block: SmallBlock, body: Buffer | undefined): Promise<Step | "again"> {
    const id = writeStreamId(block.id);
    const [entry] = await this.#context.reads.xrangeBuffer(this.lane.keys.smallHeaders, id, id);
    const header = entry?.[1][1];
    if (header === undefined) return "again";
    const kept = body && { header, filters: undefined, body };
    await this.#runSwap(token, this.ledger.tombstones.count, [block], kept);
    return { blocks: 1, into: 1, records: 0, cleared: 0 };
  }

  /** Takes a tombstone's records out of one large block. */
  async #purge(
    token: string,
    tombstone: LaneTombstone,
    block: LedgerBlock,
  ): Promise<Step | "again"> {
    const step = await this.#rewrite(token, [block], true);
    if (step !== "again") this.#purged.set(tombstone.id, block.id);
    return step;
  }

  /**
   * Puts one large block in the place of some.
   * @param thin Leaves them as they are if clearing takes nothing out.
   */
  async #rewrite(
    token: string,
    blocks: readonly LedgerBlock[],
    thin = false,
  ): Promise<Step | "again"> {
    const { count, all } = this.ledger.tombstones;
    const opened: { block: LedgerBlock; part: Part | undefined }[] = [];
    for (const block of blocks) {
      const cleared = all.some((each) => isWithin(block.id, each) && isAllCleared(each, block));
      const part = cleared ? undefined : await this.#openLarge(block);
      if (part === "gone") return "again";
      // A damaged block stays where it is.
      if (part === "damaged") this.#apart.add(block);
      else opened.push({ block, part });
    }
    const merging = await mergeParts(partsOf(opened));
    const taken = upTo(merging.taken, opened).map(({ block }) => block);
    const [first] = taken;
    const nothing = opened.every(({ part }) => part !== undefined && part.cleared === undefined);
    if (first === undefined || (nothing && (thin || taken.length === 1))) {
      if (!thin) this.#setApart(opened);
      return { blocks: 0, into: 0, records: 0, cleared: 0 };
    }
    const merged = merging.block;
    await runScript(this.#context.writes, REWRITE, [
      ...rewriteKeys(this.lane.keys),
      token,
      count,
      taken.map(({ id }) => writeStreamId(id)).join(" "),
      first.before,
      ...stored(merged),
    ]);
    return this.#done(taken, merged);
  }

  /** The first two do not fit into one block: neither will it with others of as much text. */
  #setApart(opened: readonly { block: LedgerBlock; part: Part | undefined }[]): void {
    for (const [at, { block, part }] of opened.entries()) {
      if (at === 0 || (part !== undefined && textBytes(part) > WORK_LIMITS.mergedTextBytes / 2)) {
        this.#apart.add(block);
      }
    }
  }

  /** The lane has nothing left of these. */
  async #forget(token: string, tombstones: readonly LaneTombstone[]): Promise<Step> {
    const { lease, tombstones: key } = this.lane.keys;
    const ids = tombstones.map(({ id }) => id);
    await runScript(this.#context.writes, FORGET_TOMBSTONES, [lease, key, token, ...ids]);
    for (const id of ids) this.#purged.delete(id);
    return { blocks: 0, into: 0, records: 0, cleared: 0 };
  }

  async #bodies(
    key: string,
    blocks: readonly LedgerBlock[],
  ): Promise<ReadonlyMap<string, Buffer | undefined>> {
    const [first] = blocks;
    const last = blocks.at(-1);
    if (first === undefined || last === undefined) return new Map();
    const entries = await this.#context.reads.xrangeBuffer(
      key,
      writeStreamId(first.id),
      writeStreamId(last.id),
    );
    return new Map(entries.map(([id, fields]) => [id.toString(), fields[1]]));
  }

  async #openLarge(block: LedgerBlock): Promise<Part | "gone" | "damaged"> {
    const id = writeStreamId(block.id);
    const { largeHeaders, largeBodies } = this.lane.keys;
    const [[header], [body]] = await Promise.all([
      this.#context.reads.xrangeBuffer(largeHeaders, id, id),
      this.#context.reads.xrangeBuffer(largeBodies, id, id),
    ]);
    const bytes = body?.[1][1];
    if (bytes === undefined) return "gone";
    const part = await this.#open(block, parsed(header?.[1][1]), bytes);
    return part ?? "damaged";
  }

  /** @returns undefined for what cannot be read. */
  async #open(
    block: LedgerBlock,
    header: SmallBlock["header"],
    body: Buffer,
  ): Promise<Part | undefined> {
    if (header === undefined) return undefined;
    try {
      const rows = await openBlock(this.lane.namespace, header, body);
      return { place: block.id, header, rows, cleared: this.#cleared(block, rows) };
    } catch (error) {
      if (error instanceof DamagedBlockError) return undefined;
      throw error;
    }
  }

  /** The rows that some tombstone covers; undefined if none does. */
  #cleared(block: LedgerBlock, rows: BlockRows): RowMask | undefined {
    let mask: RowMask | undefined;
    for (const tombstone of this.ledger.tombstones.all) {
      if (!covers(tombstone, block)) continue;
      const { compileTombstone } = this.#context;
      if (compileTombstone === undefined) throw new TypeError("this store cannot read tombstones");
      const more = clearedRows(tombstone, rows, compileTombstone);
      if (!more.includes(1)) continue;
      if (mask === undefined) mask = more;
      else for (const [row, cleared] of more.entries()) if (cleared === 1) mask[row] = 1;
    }
    return mask;
  }

  #done(source: readonly LedgerBlock[], merged: SealedBlock | undefined): Step {
    if (merged !== undefined && merged.records >= TELLING_RECORDS) {
      this.#bytesARecord = merged.body.length / merged.records;
    }
    const records = source.reduce((sum, block) => sum + block.records, 0);
    return {
      blocks: source.length,
      into: merged === undefined ? 0 : 1,
      records,
      cleared: records - (merged?.records ?? 0),
    };
  }
}

function covers(tombstone: LaneTombstone, block: LedgerBlock): boolean {
  return isWithin(block.id, tombstone) && mayBeCleared(tombstone, block);
}

function partsOf(opened: readonly { readonly part: Part | undefined }[]): readonly Part[] {
  return opened.flatMap(({ part }) => part ?? []);
}

/** The first of these that have so many parts; those of which nothing is left have none. */
function upTo<Opened extends { readonly part: Part | undefined }>(
  parts: number,
  opened: readonly Opened[],
): readonly Opened[] {
  let seen = 0;
  const end = opened.findIndex(({ part }) => part !== undefined && (seen += 1) > parts);
  return end === -1 ? opened : opened.slice(0, end);
}

/** Header, filters and body as the scripts take them. */
function stored(
  block: Pick<SealedBlock, "header" | "filters" | "body"> | undefined,
): readonly (string | Buffer)[] {
  if (block === undefined) return ["", "", ""];
  const { header, filters, body } = block;
  return [header, filters === undefined ? "" : asBuffer(filters), body];
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

function parsed(bytes: Buffer | undefined): SmallBlock["header"] {
  try {
    return readHeader(bytes ?? new Uint8Array());
  } catch (error) {
    if (error instanceof DamagedBlockError) return undefined;
    throw error;
  }
}
