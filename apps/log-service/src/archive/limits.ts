/** Every limit of the archive: what it bounds, why that number, and what raising it costs. */
export const ARCHIVE_LIMITS = {
  /**
   * Days that there is room for ahead of today: work may rest over a long weekend, and what is
   * received afterwards still finds its day. Each is an empty table with its indexes.
   */
  daysAhead: 3,
  /**
   * Days back from today that records may still be moved into, if retention keeps so many: what
   * waited through an outage comes late. Older ones go into the table for times apart.
   */
  daysBack: 14,
  /**
   * The number of the first lane of the archive's own, for what is stored directly: 2^48. The hot
   * store's lanes count from the seconds since 2025, and would take nine million years to get here.
   */
  firstDirectLane: 2 ** 48,
} as const;

export const CLEARING_LIMITS = {
  /**
   * Clearings that the archive has not carried out. Each question for the archive asks for all of them
   * and applies them; a job that clears every hour may find the archive away for ten days.
   */
  pending: 256,
  /** How long a request waits for a connection to Redis that is just being made. */
  connectMs: 1_000,
} as const;
