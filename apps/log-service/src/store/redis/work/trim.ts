import type { Dropped, Retained, RetentionReason } from "../../port.ts";
import type { HeldBlock } from "../../retention.ts";
import { later, type Place } from "../../stored-block.ts";
import type { RedisContext } from "../context.ts";
import type { Lane } from "../keys.ts";
import { runScript } from "../script.ts";
import { writeStreamId } from "../stream-id.ts";
import { TRIM } from "./scripts.ts";

export interface TrimmedBlock extends HeldBlock {
  readonly id: Place;
  /** Where the last of its records was committed. */
  readonly lastPlace: Place;
}

/** One of a lane's two kinds of streams, with what is known of its beginning. */
export interface LaneStream {
  readonly lane: Lane;
  readonly kind: "small" | "large";
  readonly blocks: readonly TrimmedBlock[];
}

/** Drops a stream's first blocks, one for each reason; counts those that were still there. */
export async function trimStream(
  context: RedisContext,
  { lane, kind, blocks }: LaneStream,
  reasons: readonly RetentionReason[],
  count: DropCount,
): Promise<void> {
  const { smallHeaders, smallBodies, largeHeaders, largeFilters, largeBodies, writers } = lane.keys;
  const last = blocks[reasons.length - 1];
  if (last === undefined) return;
  const kept = writeStreamId({ major: last.id.major, minor: last.id.minor + 1 });
  const gone = blocks.slice(0, reasons.length);
  const to = gone.reduce((found, { lastPlace }) => later(found, lastPlace), last.lastPlace);
  const answer = await runScript(context.writes, TRIM, [
    smallHeaders,
    smallBodies,
    largeHeaders,
    largeFilters,
    largeBodies,
    writers,
    ...(kind === "small" ? [kept, ""] : ["", kept]),
    writeStreamId(to),
  ]);
  const [small, large] = Array.isArray(answer) ? answer.map(Number) : [];
  const dropped = (kind === "small" ? small : large) ?? 0;
  // Another process may have dropped the first of them meanwhile, and counts those.
  for (let at = Math.max(0, reasons.length - dropped); at < reasons.length; at += 1) {
    const [block, reason] = [blocks[at], reasons[at]];
    if (block !== undefined && reason !== undefined) count.add(lane.namespace, reason, block);
  }
}

/** Adds up what was dropped, by namespace and reason. */
export class DropCount {
  readonly #by = new Map<string, Retained["by"][number]>();

  add(namespace: string, reason: RetentionReason, { records, bytes }: HeldBlock): void {
    this.#put({ namespace, reason, blocks: 1, records, bytes });
  }

  addAll({ by }: Retained): void {
    for (const each of by) this.#put(each);
  }

  retained(): Retained {
    const by = [...this.#by.values()];
    const total = (of: keyof Dropped) => by.reduce((sum, each) => sum + each[of], 0);
    return { blocks: total("blocks"), records: total("records"), bytes: total("bytes"), by };
  }

  #put(more: Retained["by"][number]): void {
    const { namespace, reason } = more;
    const key = `${reason} ${namespace}`;
    const known = this.#by.get(key);
    this.#by.set(key, {
      namespace,
      reason,
      blocks: (known?.blocks ?? 0) + more.blocks,
      records: (known?.records ?? 0) + more.records,
      bytes: (known?.bytes ?? 0) + more.bytes,
    });
  }
}
