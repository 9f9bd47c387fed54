import { BLOCK_LIMITS, WORK_LIMITS } from "../../../limits.ts";

/** What a stream node holds beside the one body in it. */
const NODE_BYTES = 48;

/** Aimed at below a class: blocks of one lane differ by about so much in bytes a record. */
const MARGIN = 0.98;

/** A body that wastes more than this share of its memory is made again with fewer records, once. */
const WASTE = 0.08;

/** How far below a body's size a class may lie to be worth that. */
const WORTH = 0.75;

/** The memory that jemalloc gives for so many bytes: four classes to each doubling. */
export function allocated(bytes: number): number {
  const step = classStep(bytes);
  return Math.ceil(bytes / step) * step;
}

function classStep(bytes: number): number {
  return 2 ** Math.max(4, Math.floor(Math.log2(Math.max(1, bytes - 1))) - 2);
}

/** The largest class that is not above so many bytes. */
function classBelow(bytes: number): number {
  const step = classStep(bytes + 1);
  return Math.floor(bytes / step) * step;
}

/** How many records make a body just below a class, given what one takes. */
export function goodCount(bytesARecord: number | undefined): number {
  if (bytesARecord === undefined) return BLOCK_LIMITS.records;
  const most = BLOCK_LIMITS.records * bytesARecord + NODE_BYTES;
  const room = classBelow(most) - NODE_BYTES;
  return Math.max(1, Math.min(BLOCK_LIMITS.records, Math.floor((room * MARGIN) / bytesARecord)));
}

/** With how many records a body would have fitted the class below; undefined if it is well as it is. */
export function betterCount(bodyBytes: number, records: number): number | undefined {
  // A quiet lane's: what would be left over waits long, and takes more than is wasted.
  if (records < WORK_LIMITS.littleRecords) return undefined;
  const bytes = bodyBytes + NODE_BYTES;
  if (1 - bytes / allocated(bytes) <= WASTE) return undefined;
  const room = classBelow(bytes) - NODE_BYTES;
  return room < bytes * WORTH ? undefined : Math.floor((records * room * MARGIN) / bodyBytes);
}
