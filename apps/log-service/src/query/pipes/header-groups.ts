import type { BlockHeader } from "../../block/header.ts";
import { LEVELS } from "../../record/level.ts";
import type { GroupKey } from "../pipe.ts";
import type { Scalar } from "./types.ts";
import { binKey } from "./keys.ts";

const MINUTE_MS = 60_000;

/** A group's keys, and how many of a block's records are in it. */
export type HeaderGroup = readonly [keys: readonly (Scalar | undefined)[], count: number];

/** What headers have to tell beside levels, for all that a sum asks. */
export interface HeaderNeeds {
  readonly sources: boolean;
  /** Each header has records of one interval of so many milliseconds since the epoch. */
  readonly bucketMs: number | undefined;
  /** An interval has its end and not its start. */
  readonly isEndIn?: boolean | undefined;
}

/** @returns undefined where no header tells. */
export function headerNeeds(by: readonly GroupKey[]): HeaderNeeds | undefined {
  const [sources, levels, times] = ["source", "level", "bin"].map((wanted) =>
    by.some((key) => (key.kind === "bin" ? "bin" : key.field) === wanted),
  );
  if (!by.every(isKnown) || (sources === true && (levels === true || times === true))) {
    return undefined;
  }
  return { sources: sources === true, bucketMs: widthOf(by) };
}

/** The longest interval that each of the bins is made of; a week has 10,080 minutes, but 168 hours. */
function widthOf(by: readonly GroupKey[]): number | undefined {
  return by
    .flatMap((key) => (key.kind === "bin" ? [key.ms] : []))
    .reduce<number | undefined>(
      (width, ms) => (width === undefined ? ms : divisor(width, ms)),
      undefined,
    );
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/**
 * The groups of a block's records of some levels, as far as its header tells.
 * @returns undefined if it does not.
 */
export function headerGroups(
  header: BlockHeader,
  levels: readonly boolean[],
  namespace: string,
  by: readonly GroupKey[],
): HeaderGroup[] | undefined {
  const known = by.every(isKnown);
  if (!known) return undefined;
  const bySource = by.some((key) => key.kind === "field" && key.field === "source");
  const byLevel = by.some((key) => key.kind === "field" && key.field === "level");
  const byTime = by.some((key) => key.kind === "bin");
  // Sources are not counted by level or minute.
  if (bySource && (byLevel || byTime || levels.includes(false) || !header.sourcesComplete)) {
    return undefined;
  }
  if (bySource) {
    let left = header.records;
    const groups: HeaderGroup[] = [];
    for (const [source, count] of header.sources) {
      left -= count;
      groups.push([by.map((key) => valueOf(key, { namespace, source })), count]);
    }
    if (left > 0) groups.push([by.map((key) => valueOf(key, { namespace })), left]);
    return groups;
  }
  const cells = byTime ? header.minutes : [{ minute: 0, levels: header.levels }];
  return cells?.flatMap(({ minute, levels: counts }) =>
    counts.flatMap((count, level): HeaderGroup[] => {
      if (count === 0 || levels[level] !== true) return [];
      const at = { namespace, level: LEVELS[level], ms: minute * MINUTE_MS };
      return [[by.map((key) => valueOf(key, at)), count]];
    }),
  );
}

function isKnown(key: GroupKey): boolean {
  if (key.kind === "bin") return key.ms % MINUTE_MS === 0;
  return key.field === "level" || key.field === "source" || key.field === "namespace";
}

interface Place {
  readonly namespace: string;
  readonly source?: string;
  readonly level?: string | undefined;
  readonly ms?: number;
}

function valueOf(key: GroupKey, { namespace, source, level, ms = 0 }: Place): Scalar | undefined {
  if (key.kind === "bin") return binKey(ms, key.ms);
  if (key.field === "namespace") return namespace;
  return key.field === "level" ? level : source;
}
