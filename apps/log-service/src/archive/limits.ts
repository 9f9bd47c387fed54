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
   * Days that are dropped at a time, and for how long none is then, whoever has come to tend meanwhile:
   * just under the hour after which that is due again. One goes in 24 hours; more are due after an outage,
   * when retention was made shorter, and when a clock is wrong: then this leaves somebody hours to see it,
   * while an outage of a month is caught up with in fifteen.
   */
  daysDropped: 2,
  dropEveryMs: 50 * 60_000,
  /**
   * A clock that goes ahead by more than this between two looks was set, or the machine slept; and for how
   * long nothing is dropped for its age then. As much is told of a clock that is ahead of the database's.
   */
  clockJumpMs: 10 * 60_000,
  clockDoubtMs: 60 * 60_000,
  /**
   * The number of the first lane of the archive's own, for what is stored directly: 2^48. The hot
   * store's lanes count from the seconds since 2025, and would take nine million years to get here.
   */
  firstDirectLane: 2 ** 48,
  /**
   * Lanes of the archive's own, one for each namespace that has records stored directly: as many as the hot
   * store has namespaces. Each question for all of them names each lane, and so does its cursor.
   */
  directLanes: 256,
} as const;

export const POSTGRES_LIMITS = {
  /** How long a connection may take to come about: a database in the same cluster answers in milliseconds. */
  connectMs: 5_000,
  /** How long a call waits for one of those connections to be free. */
  waitMs: 15_000,
  /** Connections of one process that ask, and that store directly; a small server has a hundred for all. */
  readers: 4,
  directWriters: 2,
  /** The same for who asks only how much there is. */
  statsReaders: 1,
  /** For what must not wait for long questions: positions, and ending one of those. */
  controls: 1,
  /** An idle connection is let go of: each is a process of some megabytes on the server. */
  idleMs: 60_000,
  /** One question: ten million rows are counted in less. The server gives up by itself then. */
  readMs: 30_000,
  /** One statement that writes; a batch of 50,000 rows takes two seconds. */
  writeMs: 60_000,
  /**
   * A batch that is copied and waits for the one before it says something as often: a session that says nothing
   * within a transaction is ended after `writeMs`, and one of many bad records takes longer.
   */
  awakeMs: 15_000,
  /**
   * How long a batch whose answer was lost is asked after: a database that restarts is back in seconds, and
   * the caller waits meanwhile. And the pause between two tries.
   */
  certainMs: 10_000,
  certainPauseMs: 250,
  /**
   * How long a batch is known by its key: retries come within minutes. A row of 60 bytes each; a hundred
   * batches a second are 20 MB.
   */
  keysMs: 60 * 60_000,
  /** How much longer than the server's own limit an answer is waited for, before the connection is given up. */
  graceMs: 2_000,
  /** Removing a day waits for the questions that are under way on it, and comes again if they last longer. */
  lockMs: 5_000,
  /** One statement of migrations and of clearing, which may go through everything. */
  maintainMs: 10 * 60_000,
  /** A server that gets no sign of life of its client for 30 s ends the session: its lock would stay for hours. */
  keepAliveIdleSeconds: 15,
  keepAliveIntervalSeconds: 5,
  keepAliveProbes: 3,
  /** Rows as COPY sends them, handed over at once. */
  chunkBytes: 256 * 1024,
  /**
   * Matches that are collected before they are put in order, where an index finds them in none. With
   * more, the newest are found by going through the records in order.
   */
  gathered: 20_000,
  /** Records that a clearing looks at together. */
  cleared: 2_000,
  /** Times that a transaction is begun anew because a day's table came or went meanwhile. */
  attempts: 3,
  /** A lexeme of `tsvector` has at most 2,046 bytes: longer words are cut, and asked for by their beginning. */
  lexemeBytes: 2_046,
  /** All lexemes of one `tsvector`: a message with more is found by looking at its text. */
  lexemesBytes: 1_000_000,
  /** What the database said, in a cause: enough to see what is wrong. */
  reasonUnits: 300,
  /** A quarantined record as JSON that is kept; of a longer one only what it was. */
  quarantinedUnits: 1024 * 1024,
  /** Of those that a clearing looks at together: each may be as long. */
  quarantinedAtOnce: 16,
} as const;

export const CLEARING_LIMITS = {
  /**
   * Clearings that the archive has not carried out. Each question for the archive asks for all of them
   * and applies them; a job that clears every hour may find the archive away for ten days.
   */
  pending: 256,
  /**
   * A clearing that was begun so long ago was cut off, and is finished by who moves records: no request
   * lasts as long. And how often that looks for some.
   */
  cutOffMs: 60_000,
  lookMs: 10_000,
  /** How long a request waits for a connection to Redis that is just being made. */
  connectMs: 1_000,
} as const;

export const ARCHIVED_QUERY_LIMITS = {
  /**
   * How long a question waits to hear how far the archive is, which takes a millisecond: an archive
   * that does not say so is away, and the question goes on without it.
   */
  probeMs: 1_000,
  /** How long nobody asks an archive that was away, or each question would wait for it anew. */
  restMs: 2_000,
  /**
   * Calls in a row that took too long, after which the archive counts as away: each keeps one of the few
   * places of questions of its sort for seconds. One alone may have asked for much.
   */
  latesInARow: 3,
  /** How long a question waits for one list of records; full text over 10 M records takes half a second. */
  readMs: 5_000,
  /** And for counts, which may have to look at everything; within the time that a sum has. */
  tallyMs: 20_000,
  /**
   * Groups that the archive counts by at once, some 500 bytes each: an interval by level of three namespaces
   * takes 18,000. With more, as of sources that are different each time, a sum goes by the records.
   */
  tallies: 32_768,
  /** How often a question that waits looks whether anybody still waits for it. */
  lookMs: 100,
  /** Records of one list, and their text in UTF-16 units: as much as a page has. */
  listRecords: 4_096,
  listUnits: 4 * 1_024 * 1_024,
  /** What the archive holds is asked for once in so long, however many ask: it may be dear. */
  statsMs: 10_000,
} as const;

export const MOVER_LIMITS = {
  /**
   * How long the mover waits for records to come together, and with how many it does not: a transaction
   * costs the database a flush, whatever is in it.
   */
  gatherMs: 100,
  gatherRecords: 100,
  /**
   * Lanes that may be looked at in `gatherMs`: each costs Redis a command a look. With more of them
   * looks are as much rarer.
   */
  gatherLanes: 64,
  /**
   * Records of one transaction under load, and their text in UTF-16 units. Three batches are in memory at
   * a time, two being copied and one being read: 30 MB of a work thread's 128. Larger ones are no faster.
   */
  batchRecords: 8_192,
  batchUnits: 2 * 1024 * 1024,
  /** Blocks that are read for one batch: single writes make one for each record. */
  batchBlocks: 2_048,
  /** How long one look at the hot store is worked off: then what waits, and what was cleared, is asked for anew. */
  roundMs: 5_000,
  /**
   * How long a look waits for clearings, which go on beside the moving then: one of a trace is over in
   * less, one by a text that no index has goes through everything.
   */
  clearWaitMs: 250,
  /** Between two tries of a clearing that failed: doubled each time up to the most. */
  clearRetryMs: 1_000,
  clearRetryMostMs: 5 * 60_000,
  /**
   * Between two tries while the archive is away: doubled each time up to the most, and each shortened
   * by up to a half at random, so that the workers of many tenants do not come all at once.
   */
  retryMs: 250,
  retryMostMs: 30_000,
  /** Tries that may fail in a row before it is told: the first is a connection that comes back at once. */
  silentFailures: 2,
  /** How often a process asks whether the one that moves records is gone. */
  standbyMs: 2_000,
  /** How often an archive that gets nothing is asked whether it is still there: metrics tell by that. */
  checkMs: 5_000,
  /** How often days are made and dropped. They are made long ahead. */
  tendMs: 60 * 60_000,
  /**
   * After a failure of that: doubled each time up to the most. It may be what ended the connection, as
   * an index that takes all memory, and must not do so every second.
   */
  tendRetryMs: 10_000,
  tendRetryMostMs: 10 * 60_000,
  /** An archive that was away may be another one since, as of a backup: its days are looked at soon. */
  tendAgainMs: 5 * 60_000,
  /**
   * How long moving waits for it: what is moved before its day is there lies apart. An empty archive has
   * its days within a second; sorting a word index into a large one takes many minutes.
   */
  tendWaitMs: 10_000,
  /** How long a process that ends waits for the batch under way: Kubernetes kills it after 30 s. */
  stopMs: 5_000,
  /** What skipping and quarantine are summed up over before they are logged again. */
  tellMs: 60_000,
  /** Headers that work keeps to move records by, in bytes: only those of what waits are read again and again. */
  headerBytes: 16 * 1024 * 1024,
  /** Records in quarantine that one line of the log names. */
  named: 10,
  /** How often a process whose mover rests wakes it for its days, and where another one moves. */
  wakeMs: 6 * 60 * 60_000,
  standbyWakeMs: 60_000,
} as const;
