import type { PendingClearings } from "../../../archive/clearings/port.ts";
import type { ArchiveReader } from "../../../archive/port.ts";

/** What questions read beside the hot store; whoever opened them closes them. */
export interface ArchiveSources {
  readonly reader: ArchiveReader;
  readonly clearings: PendingClearings;
}

/** Something that an answer lacks, beside what it says. */
export interface Warning {
  readonly code: string;
  readonly message: string;
}
