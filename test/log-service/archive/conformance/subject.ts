import type {
  ArchiveHold,
  ArchiveReader,
  ArchiveWriter,
  LaneMove,
} from "../../../../apps/log-service/src/archive/port.ts";

/** How the suite gets at one kind of archive. */
export interface ArchiveUnderTest {
  /** Once, before everything. */
  start?(): Promise<void>;
  /** An archive that holds nothing and was never tended. */
  empty(): Promise<OpenArchive>;
  stop?(): Promise<void>;
}

export interface OpenArchive {
  readonly reader: ArchiveReader;
  readonly writer: ArchiveWriter;
  /** A writer as another process would have it. */
  another(): ArchiveWriter;
}

/** An archive that is held and has room for the days around `NOW`; opened anew for each test. */
export interface Subject extends OpenArchive {
  readonly hold: ArchiveHold;
  move(...parts: LaneMove[]): ReturnType<ArchiveHold["move"]>;
}
