import { addSkipped, TEND_TROUBLES, type Skipped } from "./port.ts";

/** How the moving of records into the archive goes, as the process that does it tells. */
export interface MovingStats {
  /** `standby`: another process moves them. `away`: the archive or the hot store cannot be reached. */
  readonly state: "starting" | "moving" | "standby" | "away";
  /** Of this process, since it began. */
  readonly moved: number;
  readonly batches: number;
  readonly quarantined: number;
  readonly skipped: Skipped;
  /** Taken out of the archive by clearings. */
  readonly cleared: number;
  /** Dropped with their days, as the archive keeps nothing for longer. */
  readonly expired: number;
  /** What waits in the hot store, as last counted; undefined while where the archive stands is not known. */
  readonly backlog: Backlog | undefined;
  /** When records were last archived, milliseconds since the epoch. */
  readonly lastMoveMs: number | undefined;
  /** What goes wrong while records are archived all the same. */
  readonly troubles: readonly MovingTrouble[];
}

/**
 * Those of `TendTrouble`; `clearing`, one that could not be carried out yet; `cutOff`, one that was begun and
 * could not be finished yet; `format`, records that wait for a newer version of the service.
 */
export const TROUBLES = [...TEND_TROUBLES, "clearing", "cutOff", "format"] as const;

export interface MovingTrouble {
  readonly kind: (typeof TROUBLES)[number];
  readonly reason: string;
}

/** Kinds that somebody has to do something about, and that are tried again meanwhile. */
export function isFailure({ kind }: MovingTrouble): boolean {
  return ["tending", "clearing", "cutOff", "format"].includes(kind);
}

export interface Backlog {
  readonly records: number;
  /** About what they take in the hot store. */
  readonly bytes: number;
  /** When the first of them was received, milliseconds since the epoch; undefined if there is none. */
  readonly oldestMs: number | undefined;
}

/** What may wait for the archive; undefined for no limit. */
export interface ArchiveBuffer {
  readonly records: number | undefined;
  readonly bytes: number | undefined;
}

/** Counters add up; what waits is as it was told last. */
export function addMoving(
  before: MovingStats | undefined,
  now: MovingStats | undefined,
): MovingStats | undefined {
  if (before === undefined || now === undefined) return now ?? before;
  return {
    ...now,
    moved: before.moved + now.moved,
    batches: before.batches + now.batches,
    quarantined: before.quarantined + now.quarantined,
    skipped: addSkipped(before.skipped, now.skipped),
    cleared: before.cleared + now.cleared,
    expired: before.expired + now.expired,
    lastMoveMs: now.lastMoveMs ?? before.lastMoveMs,
  };
}

/** A store's positions as one text, to see whether they have changed. */
export function joinPositions(positions: readonly string[]): string {
  return positions.toSorted().join(" ");
}
