import { encodeBlock, type RawBlock } from "../../block/encode.ts";
import { readHeader, type Run } from "../../block/header.ts";
import type { BlockRows } from "../../block/rows.ts";
import { openBlock, sealBlock } from "../../block/seal.ts";
import { BLOCK_LIMITS, STORE_LIMITS } from "../../limits.ts";
import { unitsOf, type PreparedRecord } from "../../record/record.ts";
import { clearedRows } from "../clearing.ts";
import { pickRows, type OpenedBlock } from "../picked-rows.ts";
import type { CompileTombstone, Merged, SnapshotBounds, SnapshotLane, Tombstone } from "../port.ts";
import { lanePrefix, writePosition } from "../position.ts";
import {
  boundsOfLane,
  later,
  StoredBlock,
  type Place,
  type StoredBlockFields,
} from "../stored-block.ts";

/** A lane of a namespace, its blocks in commit order. */
export class MemoryLane {
  readonly namespace: string;
  readonly number: number;
  blocks: MemoryBlock[] = [];
  #dropped: Place | undefined;
  #entries = 0;
  #records = 0;

  constructor(namespace: string, number: number) {
    this.namespace = namespace;
    this.number = number;
  }

  /** The last position given out; undefined before the first. */
  get position(): string | undefined {
    return this.#entries === 0 ? undefined : this.#positionOf(this.#entries);
  }

  get summary(): SnapshotLane {
    const { namespace, number: lane } = this;
    return {
      namespace,
      prefix: lanePrefix(writePosition({ lane, major: 0, minor: 0 })),
      dropped: this.#dropped && writePosition({ lane, ...this.#dropped }),
      committed: this.#records,
    };
  }

  /** Lets go of its first blocks. */
  drop(count: number): void {
    for (const { runs } of this.blocks.slice(0, count)) {
      for (const { major, minor } of runs) this.#dropped = later(this.#dropped, { major, minor });
    }
    this.blocks = this.blocks.slice(count);
  }

  async add(raw: RawBlock): Promise<MemoryBlock> {
    const sealed = await sealBlock(raw);
    const isLarge = sealed.records >= STORE_LIMITS.ownBlockRecords;
    const block = this.#block(sealed, this.#records, isLarge);
    this.#records += sealed.records;
    this.blocks.push(block);
    return block;
  }

  /** @returns undefined if nothing of the lane lies within the bounds. */
  snapshot(bounds: SnapshotBounds): readonly MemoryBlock[] {
    const places = boundsOfLane(bounds, this.number);
    return places === undefined ? [] : this.blocks.filter((block) => block.meets(places));
  }

  /** Puts the first so many blocks together, as far as limits allow; large ones stay as they are. */
  async merge(
    first: number,
    tombstones: readonly Tombstone[],
    compile: CompileTombstone,
  ): Promise<Omit<Merged, "more">> {
    const done = { blocks: 0, into: 0, records: 0, cleared: 0 };
    const merged: MemoryBlock[] = [];
    let batch = new Batch();
    const close = async (): Promise<void> => {
      if (batch.blocks.length > 0) {
        done.blocks += batch.blocks.length;
        done.records += batch.records.length;
        done.cleared += batch.cleared;
      }
      if (batch.records.length > 0) {
        const sealed = await sealBlock(encodeBlock(batch.records, { runs: batch.runs }));
        merged.push(this.#block(sealed, batch.blocks[0]?.before ?? 0, true));
        done.into += 1;
      }
      batch = new Batch();
    };
    for (const block of this.blocks.slice(0, first)) {
      const mine = tombstones.filter((tombstone) => tombstone.namespace === this.namespace);
      if (block.header.records >= STORE_LIMITS.ownBlockRecords && mine.length === 0) {
        await close();
        merged.push(block);
        continue;
      }
      if (!batch.fits(block)) await close();
      await batch.add(block, mine, compile);
    }
    await close();
    this.blocks = [...merged, ...this.blocks.slice(first)];
    return done;
  }

  #block(
    { header, body, filters }: Awaited<ReturnType<typeof sealBlock>>,
    before: number,
    isLarge: boolean,
  ): MemoryBlock {
    this.#entries += 1;
    const fields = {
      namespace: this.namespace,
      lane: this.number,
      major: this.#entries,
      minor: 0,
      header: readHeader(header),
      before,
    };
    return new MemoryBlock(fields, this, { body, tokens: isLarge ? filters : undefined, isLarge });
  }

  #positionOf(major: number): string {
    return writePosition({ lane: this.number, major, minor: 0 });
  }
}

interface BlockParts {
  readonly body: Buffer;
  readonly tokens: Uint8Array | undefined;
  readonly isLarge: boolean;
}

export class MemoryBlock extends StoredBlock {
  readonly tokens: Uint8Array | undefined;
  readonly isLarge: boolean;
  readonly #body: Buffer;
  readonly #home: MemoryLane;

  constructor(fields: StoredBlockFields, home: MemoryLane, parts: BlockParts) {
    super(fields);
    this.#home = home;
    this.#body = parts.body;
    this.tokens = parts.tokens;
    this.isLarge = parts.isLarge;
  }

  get bytes(): number {
    return this.#body.length;
  }

  open(): Promise<BlockRows> {
    return openBlock(this.namespace, this.header, this.#body);
  }

  override async read(): Promise<BlockRows | undefined> {
    if (this.#home.blocks.includes(this)) return this.open();
    const opened = this.#home.blocks.map(async (block): Promise<OpenedBlock> => ({
      block,
      rows: await block.open(),
    }));
    const moved = await pickRows(this.runs, await Promise.all(opened));
    if (moved !== undefined) this.becomes(moved.runs);
    return moved?.rows;
  }
}

/** Blocks on their way into one. */
class Batch {
  readonly blocks: MemoryBlock[] = [];
  readonly records: PreparedRecord[] = [];
  readonly runs: Run[] = [];
  cleared = 0;
  #units = 0;

  fits({ header }: MemoryBlock): boolean {
    return (
      this.records.length + header.records <= BLOCK_LIMITS.records &&
      this.#units + header.rawBytes <= BLOCK_LIMITS.units
    );
  }

  async add(
    block: MemoryBlock,
    tombstones: readonly Tombstone[],
    compile: CompileTombstone,
  ): Promise<void> {
    const rows = await block.open();
    const masks = tombstones.map((tombstone) => {
      const within = block.rowsWithin({ upTo: tombstone.upTo });
      const cleared = clearedRows(tombstone, rows, compile);
      return within === "all" ? cleared : cleared.map((bit, row) => bit & (within[row] ?? 0));
    });
    this.blocks.push(block);
    let row = 0;
    for (const { major, minor, index, count } of block.runs) {
      for (let offset = 0; offset < count; offset += 1, row += 1) {
        const at = row;
        if (masks.some((mask) => mask[at] === 1)) this.cleared += 1;
        else this.#take(rows.record(at), { major, minor, index: index + offset, count: 1 });
      }
    }
  }

  #take(record: PreparedRecord, from: Run): void {
    const open = this.runs.at(-1);
    const follows =
      open?.major === from.major &&
      open.minor === from.minor &&
      open.index + open.count === from.index;
    if (open !== undefined && follows) {
      this.runs[this.runs.length - 1] = { ...open, count: open.count + 1 };
    } else {
      this.runs.push(from);
    }
    this.records.push(record);
    this.#units += unitsOf(record);
  }
}
