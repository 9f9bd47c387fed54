/** The hash of all lanes: `<namespace>:<lane>` to the lane's number, unique in the tenant. */
export const LANES_KEY = "nl:lanes";

/** A lane's keys; docs/block-layout.md draws them. They share a hash tag, so that one script reaches them all. */
export interface LaneKeys {
  /** Streams of small blocks. */
  readonly smallHeaders: string;
  readonly smallBodies: string;
  /** Streams of large blocks, written at the door or merged. */
  readonly largeHeaders: string;
  readonly largeFilters: string;
  readonly largeBodies: string;
  /** Hash: writers' last commits, the lane's clock and count. */
  readonly writers: string;
  /** Hashes: results by idempotency key, of now and of before. */
  readonly results: string;
  readonly olderResults: string;
  /** Hash: the lease of who works on the lane. */
  readonly lease: string;
  /** Hash: clearings. */
  readonly tombstones: string;
}

/** One of the lanes that a namespace's records are spread over. */
export interface LaneName {
  readonly namespace: string;
  /** From 0. */
  readonly index: number;
}

export interface Lane extends LaneName {
  /** What record ids carry. */
  readonly number: number;
  readonly keys: LaneKeys;
}

/** Fields of `writers` that are no writer's. */
export const LAST_FIELD = "last";
export const COUNT_FIELD = "n";
/** The last place that retention dropped, as a stream id. */
export const DROPPED_FIELD = "dropped";

/** @param name Its namespace is a DNS label, so nothing in it can end the hash tag. */
export function laneKeys({ namespace, index }: LaneName): LaneKeys {
  const tag = `{nl:${namespace}:${index}}`;
  return {
    smallHeaders: `${tag}:h`,
    smallBodies: `${tag}:b`,
    largeHeaders: `${tag}:H`,
    largeFilters: `${tag}:F`,
    largeBodies: `${tag}:B`,
    writers: `${tag}:w`,
    results: `${tag}:i`,
    olderResults: `${tag}:j`,
    lease: `${tag}:l`,
    tombstones: `${tag}:t`,
  };
}

export function laneField({ namespace, index }: LaneName): string {
  return `${namespace}:${index}`;
}

/** @returns undefined for a field that `laneField` did not make. */
export function laneOfField(field: string): LaneName | undefined {
  const colon = field.lastIndexOf(":");
  const index = Number(field.slice(colon + 1));
  return colon > 0 && Number.isSafeInteger(index)
    ? { namespace: field.slice(0, colon), index }
    : undefined;
}
