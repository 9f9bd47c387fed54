import type { BlockRows } from "../../block/rows.ts";
import type { PickedRows } from "../picked-rows.ts";
import { StoredBlock, type StoredBlockFields } from "../stored-block.ts";
import { usedFilter, type KeptTokens, type TokenHolder } from "./token-cache.ts";
import { translated } from "./failure.ts";

/** Where a lane's blocks come from. */
export interface BlockSource {
  /** @returns undefined if the body is gone. */
  open(block: LaneBlock): Promise<BlockRows | undefined>;
  /** The records of a block that is gone, from those that it was merged into. */
  openSuccessors(gone: LaneBlock): Promise<PickedRows | undefined>;
  /** The token filter as stored; undefined for a block without one, or if it is gone. */
  filtersOf(block: LaneBlock): Promise<Uint8Array | undefined>;
}

/** A block of one lane. */
export class LaneBlock extends StoredBlock implements TokenHolder {
  readonly source: BlockSource;
  /** In which of the lane's streams it lies. */
  readonly isLarge: boolean;
  /** Set by the cache of token filters. */
  kept: KeptTokens | undefined;

  constructor(fields: StoredBlockFields, source: BlockSource, isLarge: boolean) {
    super(fields);
    this.source = source;
    this.isLarge = isLarge;
  }

  get tokens(): Uint8Array | undefined {
    return usedFilter(this.kept);
  }

  override read(): Promise<BlockRows | undefined> {
    return translated(this.#read());
  }

  async #read(): Promise<BlockRows | undefined> {
    const rows = await this.source.open(this);
    if (rows !== undefined) return rows;
    const moved = await this.source.openSuccessors(this);
    if (moved !== undefined) this.becomes(moved.runs);
    return moved?.rows;
  }
}
