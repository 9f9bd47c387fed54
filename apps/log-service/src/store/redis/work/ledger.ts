import { DamagedBlockError } from "../../../block/bytes.ts";
import { readHeader, type BlockHeader } from "../../../block/header.ts";
import { STORE_LIMITS, WORK_LIMITS } from "../../../limits.ts";
import { heldBlock, type HeldBlock } from "../../retention.ts";
import type { RedisContext } from "../context.ts";
import type { Lane } from "../keys.ts";
import { runScriptBuffer } from "../script.ts";
import { READ_LANE } from "../scripts.ts";
import { comparePlaces, lastPlace, type Place } from "../../stored-block.ts";
import { readStreamId, writeStreamId } from "../stream-id.ts";
import { readLaneTombstones, type LaneTombstones } from "./tombstones.ts";

/** A block as work knows it. */
export interface LedgerBlock extends HeldBlock {
  readonly id: Place;
  /** Where the last of its records was committed; its own id, which comes after it, where that is unknown. */
  readonly lastPlace: Place;
  /** Records committed to the lane before its first one. */
  readonly before: number;
  readonly first: { readonly ms: number };
  readonly last: { readonly ms: number };
  readonly rawBytes: number;
  readonly bodyBytes: number;
  /** When this process saw it first, on its own steady clock. */
  readonly seenAt: number;
}

/** Its header is kept as it is short and soon needed; undefined if it cannot be read. */
export interface SmallBlock extends LedgerBlock {
  readonly header: BlockHeader | undefined;
}

/**
 * What a lane holds, as work needs it: little for each large block, for none its filters, and of
 * small ones no more than the oldest. Kept up as readers keep their headers up, by reading what was
 * added.
 */
export class LaneLedger {
  readonly #context: RedisContext;
  readonly #lane: Lane;
  #small: SmallBlock[] = [];
  #large: LedgerBlock[] = [];
  #lastSmall: Place | undefined;
  #lastLarge: Place | undefined;
  #last: Place | undefined;
  #tombstones: LaneTombstones = { count: "0", all: [] };
  #beyond = 0;

  constructor(context: RedisContext, lane: Lane) {
    this.#context = context;
    this.#lane = lane;
  }

  /** The lane's oldest small blocks, at most `WORK_LIMITS.smallWindow`. */
  get small(): readonly SmallBlock[] {
    return this.#small;
  }

  get large(): readonly LedgerBlock[] {
    return this.#large;
  }

  get tombstones(): LaneTombstones {
    return this.#tombstones;
  }

  /** Small blocks that were not looked at yet. */
  get beyond(): number {
    return this.#beyond;
  }

  async refresh(): Promise<void> {
    for (let more = true; more;) more = await this.#read();
  }

  async #read(): Promise<boolean> {
    const { smallHeaders, largeHeaders, writers, tombstones } = this.#lane.keys;
    const room = WORK_LIMITS.smallWindow - this.#small.length;
    const page = STORE_LIMITS.headersPage;
    const answer: unknown = await runScriptBuffer(this.#context.reads, READ_LANE, [
      smallHeaders,
      largeHeaders,
      writers,
      tombstones,
      // From the greatest id on there is nothing: with a full window no more small ones are read.
      room <= 0 ? "+" : after(this.#lastSmall),
      after(this.#lastLarge),
      page,
    ]);
    if (!Array.isArray(answer)) throw new TypeError("a lane was not answered as a list");
    const [small, large, firstSmall, firstLarge, last, fields] = answer;
    const place = readPlace(last);
    // The server has less than it had: what was lost with its last second is not the ledger's to keep.
    if (this.#last !== undefined && (place === undefined || comparePlaces(place, this.#last) < 0)) {
      this.#small = [];
      this.#large = [];
      this.#lastSmall = undefined;
      this.#lastLarge = undefined;
      this.#last = undefined;
      return true;
    }
    this.#last = place;
    const smallEntries = readEntries(small);
    const largeEntries = readEntries(large);
    this.#dropBefore(readPlace(firstSmall), readPlace(firstLarge));
    for (const entry of smallEntries) this.#addSmall(entry);
    for (const entry of largeEntries) this.#addLarge(entry);
    this.#tombstones = readLaneTombstones(Array.isArray(fields) ? fields.map(String) : []);
    const full = WORK_LIMITS.smallWindow <= this.#small.length;
    if (full) {
      this.#beyond = Math.max(
        0,
        (await this.#context.reads.xlen(smallHeaders)) - this.#small.length,
      );
    } else {
      this.#beyond = 0;
    }
    return (!full && smallEntries.length === page) || largeEntries.length === page;
  }

  #dropBefore(small: Place | undefined, large: Place | undefined): void {
    this.#small = from(this.#small, small);
    this.#large = from(this.#large, large);
  }

  #addSmall({ id, fields }: Entry): void {
    this.#lastSmall = id;
    const header = parse(fields.get("h"));
    this.#small.push({ ...describe(id, header, fields), header });
  }

  #addLarge({ id, fields }: Entry): void {
    this.#lastLarge = id;
    const replaced = fields.get("r")?.toString().split(" ");
    if (replaced !== undefined) {
      this.#large = this.#large.filter((block) => !replaced.includes(writeStreamId(block.id)));
    }
    const bytes = fields.get("h");
    if (bytes !== undefined) this.#large.push(describe(id, parse(bytes), fields));
  }
}

interface Entry {
  readonly id: Place;
  readonly fields: ReadonlyMap<string, Buffer>;
}

function after(id: Place | undefined): string {
  return id === undefined ? "-" : `(${writeStreamId(id)}`;
}

function from<Block extends LedgerBlock>(blocks: Block[], first: Place | undefined): Block[] {
  if (first === undefined) return [];
  const kept = blocks.findIndex(({ id }) => comparePlaces(id, first) >= 0);
  if (kept === 0) return blocks;
  return kept === -1 ? [] : blocks.slice(kept);
}

function readPlace(id: unknown): Place | undefined {
  const text = String(id);
  return text === "" ? undefined : readStreamId(text);
}

function readEntries(reply: unknown): Entry[] {
  if (!Array.isArray(reply)) return [];
  return reply.map((entry: unknown): Entry => {
    const [id, flat] = Array.isArray(entry) ? entry : [];
    const fields = new Map<string, Buffer>();
    if (Array.isArray(flat)) {
      for (let at = 0; at + 1 < flat.length; at += 2) {
        const value: unknown = flat[at + 1];
        if (Buffer.isBuffer(value)) fields.set(String(flat[at]), value);
      }
    }
    return { id: readStreamId(String(id)), fields };
  });
}

function parse(bytes: Buffer | undefined): BlockHeader | undefined {
  try {
    return readHeader(bytes ?? new Uint8Array());
  } catch (error) {
    if (!(error instanceof DamagedBlockError)) throw error;
    return undefined;
  }
}

/** Of a header that cannot be read, what keeps retention and merging going: its place. */
function describe(
  id: Place,
  header: BlockHeader | undefined,
  fields: ReadonlyMap<string, Buffer>,
): LedgerBlock {
  const common = {
    id,
    lastPlace: id,
    before: Number(fields.get("n") ?? 0),
    seenAt: performance.now(),
  };
  if (header === undefined) {
    const { major } = id;
    return {
      ...common,
      records: 0,
      bytes: fields.get("h")?.length ?? 0,
      receivedFirst: major,
      receivedLast: major,
      first: { ms: 0 },
      last: { ms: Number.MAX_SAFE_INTEGER },
      rawBytes: 0,
      bodyBytes: 0,
    };
  }
  const { first, last, rawBytes, bodyBytes } = header;
  return {
    ...common,
    lastPlace: lastPlace(header, id),
    ...heldBlock(header),
    first: { ms: first.ms },
    last: { ms: last.ms },
    rawBytes,
    bodyBytes,
  };
}
