import type { ArchivedRecord } from "../../../archive/port.ts";
import { encodeBlock } from "../../../block/encode.ts";
import type { BlockHeader, Run } from "../../../block/header.ts";
import type { RowMask } from "../../../block/pattern.ts";
import type { BlockRows } from "../../../block/rows.ts";
import { openBlock, sealBlock } from "../../../block/seal.ts";
import type { PreparedRecord } from "../../../record/record.ts";
import type { BlockRef, PositionBounds } from "../../../store/port.ts";
import { lanePrefix, readPosition, readRecordId } from "../../../store/position.ts";
import { groupByNamespace, splitForBlocks } from "../../../store/split.ts";

/** Records that the archive gave, in the form in which questions look at records. */
export class ArchivedBlock implements BlockRef {
  readonly namespace: string;
  readonly position: string;
  readonly header: BlockHeader;
  readonly before = 0;
  readonly rows: BlockRows;
  readonly #records: readonly ArchivedRecord[];
  readonly #ids: readonly string[];
  #positions: readonly string[] | undefined;

  private constructor(records: readonly ArchivedRecord[], header: BlockHeader, rows: BlockRows) {
    this.namespace = rows.namespace;
    this.position = positionOf(records[0]?.id ?? "");
    this.header = header;
    this.rows = rows;
    this.#records = records;
    this.#ids = records.map(({ id }) => id);
  }

  /** @param records Of one namespace, as many and as long as fit a block. */
  static async of(records: readonly ArchivedRecord[]): Promise<ArchivedBlock> {
    const raw = encodeBlock(records.map(({ record }) => record));
    // It is looked at once: what would be compressed is opened again at once.
    const sections = raw.sections.map(({ bytes }) => ({ bytes, staysRaw: true }));
    const { body } = await sealBlock({ ...raw, sections });
    const header = { ...raw.summary, bodyBytes: body.length };
    const rows = await openBlock(records[0]?.record.namespace ?? "", header, body);
    return new ArchivedBlock(records, header, rows);
  }

  get runs(): readonly Run[] {
    return this.#ids.flatMap((id): Run[] => {
      const { position = "", index = 0 } = readRecordId(id) ?? {};
      const place = readPosition(position);
      return place === undefined
        ? []
        : [{ major: place.major, minor: place.minor, index, count: 1 }];
    });
  }

  idOf(row: number): string {
    const id = this.#ids[row];
    if (id === undefined) throw new RangeError(`the block has no row ${row}`);
    return id;
  }

  /** As the archive gave it. */
  recordOf(row: number): PreparedRecord {
    const found = this.#records[row];
    if (found === undefined) throw new RangeError(`the block has no row ${row}`);
    return found.record;
  }

  positionOf(row: number): string {
    return positionOf(this.idOf(row));
  }

  rowOf(id: string): number | undefined {
    const row = this.#ids.indexOf(id);
    return row === -1 ? undefined : row;
  }

  rowsWithin({ after, upTo }: PositionBounds): RowMask | "all" {
    const first = new Map(after?.map((position) => [lanePrefix(position), position]));
    const last = upTo && new Map(upTo.map((position) => [lanePrefix(position), position]));
    this.#positions ??= this.#ids.map(positionOf);
    const mask = new Uint8Array(this.#ids.length);
    for (const [row, position] of this.#positions.entries()) {
      const lane = lanePrefix(position);
      const isAfter = position > (first.get(lane) ?? "");
      const end = last?.get(lane);
      mask[row] = isAfter && (last === undefined || (end !== undefined && position <= end)) ? 1 : 0;
    }
    return mask.includes(0) ? mask : "all";
  }

  async read(): Promise<BlockRows> {
    return this.rows;
  }
}

/** Puts records into blocks, one or more for each namespace; each keeps their order. */
export async function blocksOf(
  records: readonly ArchivedRecord[],
): Promise<readonly ArchivedBlock[]> {
  const blocks: ArchivedBlock[] = [];
  for (const places of groupByNamespace(records.map(({ record }) => record)).values()) {
    const mine = places.flatMap((place) => records[place] ?? []);
    let at = 0;
    for (const run of splitForBlocks(mine.map(({ record }) => record))) {
      blocks.push(await ArchivedBlock.of(mine.slice(at, at + run.length)));
      at += run.length;
    }
  }
  return blocks;
}

function positionOf(id: string): string {
  return readRecordId(id)?.position ?? "";
}
