/** What an answer took: for metrics and the log of slow queries. */
export interface Work {
  /** From the start of the work to its end, time spent waiting for a turn included. */
  readonly ms: number;
  readonly scanned: Scanned;
}

export interface Scanned {
  /** Blocks whose records were read. */
  readonly blocks: number;
  readonly records: number;
  /** After decompression. */
  readonly bytes: number;
  /** Blocks that headers and token filters ruled out. */
  readonly skipped: number;
  /** Blocks that their headers answered for. */
  readonly counted: number;
  /** Blocks that could not be read. */
  readonly damaged: number;
}
