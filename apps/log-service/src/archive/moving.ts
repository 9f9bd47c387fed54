import type { Skipped } from "./port.ts";

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
