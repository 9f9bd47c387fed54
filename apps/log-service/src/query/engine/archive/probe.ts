import type { LanePosition } from "../../../archive/port.ts";
import type { Tombstone } from "../../../store/port.ts";

/** How far the archive is, by the prefix of each lane. */
export type ArchivedLanes = ReadonlyMap<string, LanePosition>;

/** What is known of the archive at one moment, before anything is read of it. */
export interface Probe {
  readonly lanes: ArchivedLanes;
  /** As they were before the archive is read: what one of them takes out later is gone from there by then. */
  readonly clearings: readonly Tombstone[];
}
