/**
 * Every limit of records, blocks, the store and searches: what it bounds, why that number, and what
 * raising it costs. Sizes are in bytes unless a name says otherwise.
 */
const KIB = 1024;
const MIB = 1024 * KIB;

export const RECORD_LIMITS = {
  /**
   * A message, in UTF-16 units (at most three bytes each when stored). The longest stack traces are
   * tens of kilobytes and Loki's default is 256 KB; one block must always hold one record.
   */
  messageUnits: 256 * KIB,
  /** A record's metadata as JSON text. Beyond this it is a document, not the context of a log line. */
  metadataUnits: 64 * KIB,
  /** Containers inside each other, the record included: deeper input only serves to exhaust stacks. */
  depth: 32,
  /**
   * Colons and commas of a record's JSON outside strings: the largest metadata has 32 Ki. Each may
   * become a key or a value, and 2 MiB of them would hold everybody up for a fifth of a second.
   */
  separators: 33_000,
  /** Sources are counted in each block's header: a long one would be paid for in every process. */
  sourceUnits: 256,
  /** W3C trace ids have 32 digits and UUIDs 36; others' ids get room. */
  traceIdUnits: 128,
  spanIdUnits: 128,
  tags: 64,
  tagUnits: 256,
  /** 1970-01-01: what came before the epoch is a clock that was never set. */
  earliestMs: 0,
  /** 2262-04-11T23:47:16Z: the last second whose nanoseconds fit a signed 64-bit number everywhere. */
  latestMs: 9_223_372_036_000,
} as const;

export const BLOCK_LIMITS = {
  /** Records in one block. More saves little space and makes the smallest read larger. */
  records: 4_096,
  /**
   * Text of a block's records in UTF-16 units before compression; one record may exceed it alone.
   * Bounds what a search holds for each block that it reads.
   */
  units: 2 * MIB,
  /**
   * Body after decompression, given to zstd as `maxOutputLength`, so that a damaged or hostile body
   * cannot expand beyond it: the text of `units`, one largest record, at three bytes a unit.
   */
  bodyBytes: 8 * MIB,
  /** A header: 4,096 distinct trace ids take 9 KiB of filter, sources at most 8 KiB. */
  headerBytes: 64 * KIB,
  /** Sources counted in one header; a block with more says that its list is not complete. */
  sources: 64,
  /** Minutes counted in one header, at about four bytes each: a block of wider span is read to count. */
  minutes: 64,
  /** Shapes of metadata in one block, and paths that have a column: objects beyond are kept whole. */
  shapes: 256,
  metadataColumns: 128,
  /** One shape as JSON: keys and punctuation alone. */
  shapeBytes: 4_096,
  /** Keys and punctuation of all rows' metadata once put together: 4,096 of the longest shapes. */
  metadataBytes: 16 * MIB,
  /** Records from which a block's body is in several compressed parts; each costs some 40 us. */
  partedRecords: 64,
  /** Records from which a block has a token filter: a smaller one is read as fast as ruled out. */
  tokenFilterRecords: 500,
} as const;

export const STORE_LIMITS = {
  /** Logical namespaces of one tenant: each costs keys in Redis and a header list in each process. */
  namespaces: 256,
  /**
   * How long the first record of a group waits for others. Measured: groups of 36 take 112 bytes a
   * record where single records take 354; the wait is what a single write's latency grows by. Twice as
   * long saves a twelfth of the bytes until blocks are merged, and 64 writers get a third less done.
   */
  groupMs: 1,
  /** A batch of this many records becomes a block of its own: it compresses well alone. */
  ownBlockRecords: 500,
  /** Text of a group, in UTF-16 units, from which making its block takes a millisecond and more. */
  largeGroupUnits: 128 * KIB,
  /** Commits under way on one lane. Redis answers all of one read with one fsync. */
  commitsInFlight: 8,
  /** Results that the store remembers for each writer and lane to recognise a repeated commit. */
  rememberedCommits: 32,
  /** Text waiting for a commit in one process, UTF-16 units: beyond it writers are told to wait. */
  queueUnits: 32 * MIB,
  /** How long an append tries before it answers 'unavailable'. */
  commitDeadlineMs: 8_000,
  /** One unanswered command: a stopped Redis must not hold a commit for its whole deadline. */
  commandMs: 3_000,
  /** A writer silent for this long is forgotten: no retry of its commits can still be under way. */
  writerIdleMs: 24 * 60 * 60 * 1000,
  /**
   * Free memory below which the store says that it is full: about the largest commit. Right at the
   * limit Redis refuses one write and takes the next, as its buffers come and go.
   */
  commitRoom: 1 * MIB,
  /**
   * Times that one commit has the oldest dropped before it is refused: what others have on their way
   * to Redis takes memory too, and a look at memory does not tell of all of it.
   */
  trims: 8,
  /** For how long a commit that found no room, dropping included, counts against the store. */
  refusedMs: 30_000,
  /** Headers fetched by one command, so that a start does not hold Redis for long. */
  headersPage: 256,
  /** Lanes of one namespace: each has its own streams, which every reader follows. */
  lanes: 64,
  /** Small writes stay with one lane for so long: spread thinner, their groups would be smaller. */
  laneTurnMs: 1_000,
  /** Headers in one process: 10 M records in blocks of 1,000 take about 30 MiB. Older ones are read again. */
  headerBytes: 96 * MIB,
  /** Token filters in one process, at about 8 bytes a record; what has no room is read for each search. */
  tokenBytes: 64 * MIB,
  /** Blocks that have been merged away and are still asked for: their successors, kept opened. */
  openedSuccessors: 4,
  /** Results by idempotency key are kept for so long: retries come within seconds, at worst minutes. */
  idempotencyMs: 10 * 60 * 1000,
  /** Keys of one lane that are kept, at about 120 bytes each: ten minutes of 27 batches a second. */
  idempotencyKeys: 16_384,
} as const;

export const SEARCH_LIMITS = {
  /** Namespaces that one search may read: the cursor carries a position for each. */
  searchNamespaces: 64,
  /** Records of one page. */
  records: 1_000,
  /**
   * Text of one page's records in UTF-16 units. A thousand of the largest records would be 300 MB,
   * held twice while they are answered: such a page ends early, with a cursor.
   */
  pageUnits: 4 * MIB,
  /** Found records that a truncated page's cursor remembers; each takes about 25 bytes of URL. */
  pending: 64,
  /** Bytes decompressed for one page: about a second of work. */
  scannedBytes: 256 * MIB,
  /** Time for one page. */
  scanMs: 5_000,
  /** Blocks fetched ahead of the one that is scanned: single writes make many small ones. */
  readAhead: 64,
  /** What blocks fetched ahead may take once decompressed, the one in hand apart. */
  readAheadBytes: 4 * MIB,
  /** A cursor as text: bounds the work of reading a forged one. */
  cursorUnits: 12 * KIB,
  /** Lanes of one search: a cursor has a position of each, 25 bytes long. */
  positions: 256,
  /** Steps of a metadata path. */
  pathSteps: 16,
} as const;

export const QUERY_LIMITS = {
  /** A query as text: the longest that people share are a few hundred characters; lists of ids need room. */
  textUnits: 16 * KIB,
  /** Parentheses and NOTs inside each other: deeper input only serves to exhaust stacks. */
  depth: 32,
  /** Tests of one filter: each looks at every record of a block that the others leave. */
  terms: 256,
  /** Values of all lists of one filter. */
  values: 1_024,
  /** A filter as JSON: all of its terms at a usual length. Tombstones are read by every process. */
  jsonUnits: 64 * KIB,
  /** A regular expression as text. */
  regexUnits: 1_000,
  /**
   * Steps that a regular expression compiles to. Where its automaton has too many states to keep, each
   * character costs up to 13 ns a step: 500 are two seconds for the longest message.
   */
  regexSize: 500,
  /** Pipes of one query. */
  pipes: 16,
  /** Functions of one `stats`, keys of one group, columns of one `sort` or `fields`. */
  columns: 32,
  /** Mistakes told at once. */
  mistakes: 8,
} as const;

export const ENGINE_LIMITS = {
  /**
   * Work of one question before others on its thread get their turn: what a look-up waits for while
   * everything is scanned. Less only adds turns; one block of 4,096 records takes as long.
   */
  sliceMs: 4,
  /**
   * Questions that run at once: look-ups end with a page, sums read what matches, streams last as
   * long as their reader. More would not be faster on one thread, and each holds blocks ahead.
   */
  running: { lookups: 8, sums: 4, streams: 4 },
  /** Questions of each sort that wait for one of those; beyond them callers are told to come again. */
  waiting: 64,
  /** Bytes decompressed and time for one sum, which has no next page to go on with: 30 M records. */
  summedBytes: 8 * 1024 * MIB,
  /** Below the 30 s after which our own client, and most proxies, give up. */
  summedMs: 20_000,
  /** Buckets of one histogram. */
  buckets: 2_000,
  /** Fields of one question for facets. */
  facets: 16,
  /** Values of one field in an answer. */
  values: 1_000,
  /** Distinct values that one field is counted by; rarer ones beyond it are estimated or left out. */
  distinct: 100_000,
  /** Patterns in an answer, and distinct ones that are counted at once. */
  patterns: 500,
  distinctPatterns: 20_000,
  /** Characters of a pattern's example. */
  exampleUnits: 1_000,
  /** Records before or after one. */
  context: 500,
  /** Records of one chunk of a stream, and their text in UTF-16 units. */
  streamRecords: 4_096,
  streamUnits: 2 * MIB,
  /** Templates of blocks that were read: 5 bytes a record, so those of some 5 M records. */
  templateBytes: 24 * MIB,
  /** Compiled tombstones that are kept. */
  tombstones: 256,
  /** Old-generation heap of the thread, in MiB: a question that needs more ends it, not the service. */
  heapMiB: 256,
  /** Three times what it fills before it is collected: most of a question's garbage is large. */
  youngMiB: 6,
  /** A thread that died as it started is started again after so long at the earliest. */
  restartMs: 1_000,
  /** A question that took longer is logged with what it scanned. */
  slowMs: 1_000,
} as const;

export const PIPE_LIMITS = {
  /** Groups of one `stats` or `uniq`; further ones are left out, and the answer says so. */
  groups: 10_000,
  /** Distinct values that one `top` counts at once; beyond them the rarer half makes room. */
  topValues: 100_000,
  /** Text of all groups' keys in UTF-16 units: messages may be keys too. */
  keyUnits: 8 * MIB,
  /** Values of a list in one record that count for `by`, and groups that one block's records fall into. */
  listValues: 64,
  blockEntries: 65_536,
  /** Hashes that one `count_uniq` keeps: fewer distinct values are counted exactly. And those of all groups. */
  hashes: 8_192,
  allHashes: 1_000_000,
  /** Numbers that one `quantile` keeps: fewer are sorted, more counted in buckets of 2 %. And of all groups. */
  exact: 10_000,
  allExact: 1_000_000,
  /** Records that pipes without a sum keep and give out, and their text in UTF-16 units. */
  records: 1_000,
  recordUnits: 4 * MIB,
} as const;

export const INGEST_LIMITS = {
  /**
   * A request's body, before and after decompression. Batches of 1,000 records are 0.3 MB, agents
   * stop at 1 to 5 MB; a body is held whole, so this times the connections bounds the memory.
   */
  bodyBytes: 16 * MIB,
  /** One record as JSON text: the largest message and metadata, every second character escaped. */
  recordBytes: 2 * MIB,
  /**
   * All bodies that are on their way in at once, by what they announce, and what MCP connections hold;
   * half of it for one key, so that one sender does not shut the others out. A small tenant's pod has 384 MiB for everything.
   */
  bodiesBytes: 64 * MIB,
  /** Memory of large bodies that is kept for the next ones: a few senders' batches at once. */
  keptBodyBytes: 4 * MIB,
  /** Compressed bodies that are opened at once: each may become a whole `bodyBytes` in memory. */
  decompressions: 2,
  /** A body that is read in one go: a tenth of a millisecond, which turns would double. */
  atOnceBytes: 16 * KIB,
  /** How long a body is read at a time, in milliseconds, before others have their turn. */
  turnMs: 8,
  /** Fields of protobuf without a meaning that are passed over before others may have their turn. */
  passedOverFields: 4_096,
  /** Records of one request: reading them takes 0.15 s, during which nobody else is served. */
  batchRecords: 50_000,
} as const;

/** Loki's protocol, both ways; what bounds other doors and searches bounds it too. */
export const LOKI_LIMITS = {
  /** Labels of one stream: Loki itself takes 15. Each is kept with every record of the stream. */
  labels: 128,
  /**
   * Larger pushes in snappy that are unpacked at once: each may become a whole `bodyBytes` in memory, as
   * one of 0.8 MB does. They are read on one thread, where several are no faster.
   */
  unpacked: 1,
  /** Fields of one entry in protobuf: the longest metadata has some 16,000 pairs, of three each. */
  entryFields: 50_000,
  /** Entries in JSON that are parsed together: half a millisecond, and a call for each costs as much again. */
  parsedBytes: 64 * KIB,
  /** `X-Scope-OrgID`: Loki's own bound for one id, and room for several names in a query. */
  orgUnits: 1_024,
  /** Stages of one query, matchers of a selector, items of a list in a stage: people write ten. */
  stages: 64,
  /**
   * UTF-16 units that one replacement in a template may come to before its line is cut to a line's
   * length: with lines of any length it would be their square.
   */
  replacedUnits: 16 * MIB,
  /** Compiled expressions that are kept between queries: dashboards ask the same again and again. */
  patterns: 128,
  /** Streams whose labels one query keeps ready; more are worked out again. */
  knownStreams: 10_000,
  /** Metadata that is kept ready too, where it is no longer: it has the labels, and is often the same. */
  knownUnits: 1_024,
  /** Fields of one line: its structured metadata, or what a stage finds in it. */
  fields: 256,
  /** Objects inside each other whose fields become names of their own. */
  fieldDepth: 8,
  /** What a tail's client may send in one message: nothing has a meaning there. */
  socketBytes: 1 * KIB,
  /** How long a refused client may take to read why. */
  refusalMs: 2_000,
  /** A query in a form's body: the longest query, with every character escaped. */
  formBytes: 128 * KIB,
  /** Lines of an answer: Loki's default, and the most that it gives. */
  defaultLines: 100,
  lines: 5_000,
  /** Lines that are read at once, and their text in UTF-16 units. */
  pageLines: 1_000,
  pageUnits: 4 * MIB,
  /** Text of all lines of an answer, which is held twice while it is written. */
  answerUnits: 16 * MIB,
  /** Work for a list of labels or streams: dashboards ask for it whenever they are opened. */
  catalog: { bytes: 512 * MIB, ms: 2_000 },
  catalogStreams: 10_000,
  /** Fields and patterns that are found out when nobody says how many. */
  detectedFields: 1_000,
  shownPatterns: 100,
  /** Points of one series: as in Loki and Prometheus; screens have fewer. */
  steps: 11_000,
  /** Series of an answer, as in Loki. */
  series: 500,
  /** Series that an aggregation is made of, and all their numbers: 64 MB. */
  innerSeries: 20_000,
  numbers: 8_000_000,
  /** Samples that one `quantile_over_time` sorts. */
  samples: 1_000_000,
  /** Slots that all windows of one series look at, where nothing spares looking at each. */
  overlap: 4_000_000,
} as const;

export const WORK_LIMITS = {
  /**
   * A lane's lease: how long a killed holder's lanes wait for another. Kept by renewing it three
   * times in that time, which costs a script each.
   */
  leaseMs: 10_000,
  /**
   * Blocks that wait for so long are merged even if they fill no large block, if there are so many
   * that it is worth one. A record in a block of its own takes five times a merged one's memory.
   */
  waitedMs: 5_000,
  waitedBlocks: 256,
  /** The same once nothing has come for a while. */
  quietMs: 2_000,
  quietBlocks: 16,
  /** Decompressed bytes that become one block: a bound of what a merge holds, twice what texts may have. */
  mergedRawBytes: 4 * MIB,
  /**
   * Messages and metadata of one merged block as they are read: equal ones lie there once. A reader
   * takes a block with more than twice that for a damaged one.
   */
  mergedTextBytes: 4 * MIB,
  /** A large block with fewer records, which no door writes, is little; so many are put together. */
  littleRecords: 500,
  littleBlocks: 16,
  /** Receiving times that one merged block may span, as retention drops it by its last record's. */
  spanMs: 60 * 60 * 1000,
  /** Headers of small blocks that work on one lane holds at a time: as many as one merge can need. */
  smallWindow: 4_096,
  /** Tombstones of one namespace that are not done: each is applied to what every search reads. */
  tombstones: 64,
  /** A tombstone's filter as JSON, in UTF-16 units: it travels with every snapshot. */
  tombstoneUnits: 16 * KIB,
  /** Share of the store's memory above which the oldest blocks go: the rest is room for bursts and buffers. */
  watermark: 0.85,
  /** What is dropped when a writer found no room all the same, as a share of the memory; at least `relievedBytes`. */
  relieved: 0.02,
  relievedBytes: 2 * MIB,
  /**
   * A wall clock that goes ahead by more than this between two rounds was set, or the machine slept;
   * and how long it is then not trusted to tell that something is old: time to set it right.
   */
  clockJumpMs: 10 * 60_000,
  clockDoubtMs: 60 * 60_000,
  /** How often retention runs; and how often memory is looked at in between. */
  retainMs: 30_000,
  memoryMs: 1_000,
  /** How often work looks whether other processes have written. */
  idleMs: 250,
  /** How often a process whose work rests looks whether there is some, if it has not written itself. */
  lookMs: 5_000,
  /** A work thread's heap: a merge holds some ten megabytes of records. Small, so that buffers go soon. */
  heapMiB: 128,
  youngMiB: 6,
  /** A worker thread without work for so long ends, and its memory goes back. */
  restMs: 60_000,
  /** How long a thread that was told to end may take: a merge under way and, with an archive, a batch. */
  stopMs: 10_000,
  /** Rounds of work that may fail in a row before it is told: half a second's pause each. */
  silentFailures: 3,
  /** Before a crashed worker is started again: doubled with each crash up to the most. */
  restartMs: 500,
  restartMostMs: 30_000,
} as const;

export const OTLP_LIMITS = {
  /**
   * Containers inside each other in one record's JSON: each level of a value takes four there, and
   * records keep `RECORD_LIMITS.depth` of them.
   */
  jsonDepth: 4 * RECORD_LIMITS.depth + 4,
  /** As `RECORD_LIMITS.separators`, for bodies that are lists too, and values that have their type with them. */
  separators: 150_000,
  /**
   * Fields of one record or resource in protobuf, those of its values included: two bytes may be a
   * message that takes a hundred once decoded.
   */
  fields: 150_000,
  /** Resources and scopes of one request: each may be empty, and then has two bytes. */
  groups: 100_000,
} as const;

export const ELASTICSEARCH_LIMITS = {
  /** An action line: an index, an id and some options. */
  actionBytes: 8 * KIB,
  /** An index's name or a document's id; Elasticsearch's own limits are 255 and 512 bytes. */
  nameUnits: 512,
} as const;

export const SYSLOG_LIMITS = {
  /** One message; RFC 5425 asks for 2 KiB at least, daemons send up to 64 KiB. The rest is cut off. */
  messageBytes: 256 * KIB,
  /** Digits of a message's length where frames are counted in octets. */
  lengthDigits: 7,
  /** TCP connections at once; each may hold one unfinished message and one batch. */
  connections: 256,
  /** A silent connection is closed: daemons open another when they have something to say. */
  idleMs: 10 * 60_000,
  /** Time for a message that was begun to arrive in full: slower is an attack. */
  messageMs: 30_000,
  /** Datagrams that wait to be stored; beyond them new ones are dropped and counted. */
  datagrams: 20_000,
  datagramBytes: 8 * MIB,
  /** Datagrams of one batch, and how long the first of them waits for others, in milliseconds. */
  batchDatagrams: 2_000,
  batchMs: 50,
  /** How long a sender over TCP waits before a batch that could not be stored is tried again. */
  retryMs: 500,
} as const;

export const HTTP_LIMITS = {
  /** Headers of one request, all together: a key is 47 bytes; the rest is what proxies add. */
  headerBytes: 16 * KIB,
  /** Time for a request's headers to arrive, in milliseconds: one slow byte after the other is an attack. */
  headersMs: 10_000,
  /** Time for the whole request to arrive: 16 MiB in it needs 0.3 MB/s. */
  requestMs: 60_000,
  /** How long what a refused sender still sends is thrown away, for it to read the refusal. */
  lingerMs: 5_000,
  /** How often late requests are looked for. Node's own 30 s is three times our limit for headers. */
  checkMs: 2_000,
  /** An idle connection is kept for the next request: longer than most load balancers do (60 s). */
  keepAliveMs: 75_000,
  /**
   * Time that requests in flight have when the service stops: longer than a commit may take. Then
   * connections are cut, or one that never sent a request would hold the process for ever.
   */
  closeMs: 10_000,
  /** Connections at once: each may hold one body. Beyond them the system queues or refuses. */
  connections: 4_096,
  /** How often the certificate's files are read again: it is renewed days before it ends. */
  certificateMs: 10_000,
  /** Query parameters of one request. */
  parameters: 64,
} as const;

export const ACCESS_LIMITS = {
  /** How often keys are read again: a revoked key opens nothing after this and the kubelet's own minute. */
  reloadMs: 2_000,
  /**
   * An `Authorization` header in characters: keys have 47, access tokens with a person's groups some
   * thousands. Bounds the hashing and decoding that strangers can cause.
   */
  credentialUnits: 8 * KIB,
  /** A token's subject in characters: it stands in messages, logs and rates. */
  subjectUnits: 200,
  /** Callers whose rates are remembered. Keys are few; subjects of tokens are as many as the issuer likes. */
  ratedCallers: 10_000,
  /** Tokens whose signature was checked lately, and for how long that counts: a withdrawn key is noticed then. */
  verifiedTokens: 2_000,
  verifiedMs: 60_000,
  /** Keys of an issuer are asked for again after this, while those at hand go on counting. */
  jwksFreshMs: 10 * 60_000,
  /** Keys at hand count for so long while the issuer cannot be asked. */
  jwksKeepMs: 60 * 60_000,
  /** A token with a key id that we do not know makes us ask at most so often. */
  jwksCooldownMs: 30_000,
  /** After a failure the issuer is left alone for so long; tokens get 503 meanwhile. */
  jwksRetryMs: 2_000,
  jwksTimeoutMs: 5_000,
  /** A key set is some KiB. */
  jwksBytes: 256 * KIB,
} as const;

export const SETTINGS_LIMITS = {
  /** Levels and revoked keys of a tenant: every replica holds all of them. */
  entries: 2_000,
  /** How often a replica asks whether something changed: a revoked key opens nothing after this. */
  followMs: 500,
  /** How long the first request waits for settings that were never read, before it is refused. */
  firstReadMs: 2_000,
  /** How long a client may wait for a change in one request: below most proxies' 60 s. */
  waitMs: 50_000,
  /** Clients that wait at once; beyond them they are answered at once and ask again. */
  waiting: 4_096,
} as const;

export const ADMIN_LIMITS = {
  /** A body of an administrator's call: a filter of the query language is the longest part of one. */
  bodyBytes: 64 * KIB,
  /** Mistakes of one body told at once. */
  problems: 8,
} as const;

export const REDACT_LIMITS = {
  /** Names of fields that are not stored, and their length. */
  fields: 256,
  fieldUnits: 128,
  /** Patterns beside the presets: each reads every text. */
  patterns: 32,
  patternUnits: 512,
  /** All matches of one pattern in one text; after that the rest of the text is not stored. */
  textMs: 50,
} as const;

export const MCP_LIMITS = {
  /** One JSON-RPC message over HTTP: a batch of logs with room, far below a body of the log route. */
  messageBytes: 4 * MIB,
  /** Records that one call of the log tool stores. */
  logRecords: 1_000,
  /** Records that a search returns when the model does not say; and at most. */
  searchDefault: 20,
  searchMost: 200,
  /** Text of one answer in bytes: about 8,000 tokens, which leaves a model room to think. */
  answerBytes: 32 * KIB,
  /** One record's message in an answer, in characters: a stack trace must not push the rest out. */
  messageUnits: 2_000,
  /** One record's metadata in an answer, in characters of JSON. */
  metadataUnits: 2_000,
  /** Values, rows and patterns of one answer: what comes behind them is rarely what is looked for. */
  values: 50,
  rows: 200,
  patterns: 50,
  /** Rows of a histogram: a model reads a shape from them, not a curve. */
  buckets: 60,
  /** One value, pattern or cell in an answer, in characters. */
  valueUnits: 300,
  /** Records on each side of one, and of one trace. */
  contextMost: 20,
  traceMost: 200,
  /** Records that `logger_query` and `dewey_query_logs` return when not asked for another number; and at most. */
  queryDefault: 100,
  queryMost: 1_000,
  /** Values in `data` of a query: each is a condition. */
  dataConditions: 32,
  /** What `dewey_clear_logs` keeps when it is not told until when to clear. */
  clearOlderMs: 7 * 24 * 60 * 60_000,
  /** How long a follow call waits for the first record when the model does not say; and at most. */
  followSeconds: 5,
  followMostSeconds: 30,
  /** After the first records, so long for the next: what one request logs comes within that. */
  followLingerMs: 200,
  /** Records whose metadata is looked at for a namespace's fields, and how many fields are named. */
  shapeRecords: 100,
  shapeFields: 100,
  /** Values that a completion offers: the protocol allows no more. */
  completions: 100,
  /** Whoever types waits no longer for what to choose from. */
  completionMs: 2_000,
  /** WebSockets at once, and of one caller; what they hold counts towards `INGEST_LIMITS.bodiesBytes`. */
  sockets: 512,
  socketsOfCaller: 128,
  /** Calls of one WebSocket at once; beyond it the socket is not read. Group commit is full with 64. */
  socketInFlight: 256,
  /**
   * What a connection may hold of messages that are half sent, and of answers that are not read, without
   * asking for room in `bodiesBytes`: 64 MiB if all of them do, which none does that is not an attack.
   */
  socketOwnBytes: 64 * KIB,
  /** Answers that wait for a client to read them; beyond it the socket is not read, and ended if it stays so. */
  socketWaitingBytes: 1 * MIB,
  /** At shutdown, for the calls under way; and for a client to close its side. */
  socketDrainMs: 5_000,
  socketCloseMs: 2_000,
  /** How often an endpoint asks its log service whether a connection's key is still good. */
  remoteRecheckMs: 30_000,
  identifyMs: 5_000,
  /** Keys that an endpoint remembers, at some hundred bytes each; and that it asks about at once. */
  rememberedCallers: 1_000,
  identifications: 32,
} as const;

export const LAUNCH_LIMITS = {
  /**
   * Each half of the main thread's youngest memory. A hundred single posts are on their way for 10 ms,
   * in which they make 4 MiB: with 2 each was copied and most became old, an eighth of what they took.
   */
  semiSpaceMiB: 8,
  /** How long modules may take to load once ahead of a pod's start; it goes on without after that. */
  warmMs: 20_000,
  /** After how long a role has loaded what it needs, its threads included. */
  settleMs: 5_000,
  /** A thread that is active for less than this share of the time is idle: probes and scrapes alone. */
  idleShare: 0.02,
  /** Work after which an idle thread is tidied again: that takes a tenth of it. */
  untidyMs: 1_000,
} as const;

export const OBSERVE_LIMITS = {
  /** Namespaces with series of their own: some 30 series each, with two protocols and all gauges. */
  namespaces: 64,
  /**
   * Between two looks at the event loop's delay. Each 10 ms, by us and by prom-client, they were most of what an idle
   * process takes: 4 thousandths of a core. Each 50 ms takes 1, and tells at most 50 ms less of what held the thread up.
   */
  loopLookMs: 50,
  /** Delays of the event loop are told of one to two of these. */
  loopWindowMs: 60_000,
} as const;

export const HEALTH_LIMITS = {
  /** An answer of the store counts for so long, so that many probes ask it once. */
  freshMs: 500,
  /** The query thread answers a check between two turns of its work, of some milliseconds each. */
  checkMs: 2_000,
  /** How long metrics and figures for people wait for what is stored; then they go without. */
  inventoryMs: 5_000,
} as const;

export const FOLLOW_LIMITS = {
  /** How often what was committed is handed on. Longer makes larger, fewer writes to each follower. */
  pollMs: 100,
  /** Text of the blocks that are read in one step, whoever committed how much meanwhile. */
  windowBytes: 8 * MIB,
  /** Followers of one process: each idle connection takes about 20 KB. */
  followers: 4_096,
  /** Of them, those of one key, so that one does not shut the others out. */
  followersOfKey: 2_048,
  /** Distinct filters, each tested against every new record: a thousand exceed two cores. */
  filters: 256,
  /** Lanes in an event's id: each takes about 25 characters of it. */
  lanes: 256,
  /** An event's id as a header or parameter. */
  idUnits: 8 * KIB,
  /** What may wait in one follower's connection; beyond it events are dropped, and counted. */
  waitingBytes: 1 * MIB,
  /** A comment is sent so often, in milliseconds: proxies end what is silent for a minute. */
  heartbeatMs: 15_000,
  /** Where nothing matches, an id alone is sent at most so often: up to 6 KB to each follower. */
  markMs: 10_000,
  /** How long a client waits before it comes back, in milliseconds. */
  retryMs: 2_000,
  /** How often a follower's key is looked at again: a revoked one follows nothing. */
  recheckMs: 5_000,
  /** How often the list of namespaces is read for those who follow all of them. */
  namespacesMs: 2_000,
} as const;
