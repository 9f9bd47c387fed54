/** Every limit of the tap: what it bounds, and why that number. */
const KIB = 1024;
const MIB = 1024 * KIB;

export const LIMITS = {
  /** Bytes of one message that are read as JSON. Longer ones are counted, hashed, and kept by their beginning. */
  readBytes: 4 * MIB,
  /** Bytes of all messages together that are still coming in. What is beyond is counted and hashed only. */
  openBytes: 64 * MIB,
  /** Characters of a message that are recorded, unless configured: the longest lists of tools have some 500 K. */
  keepUnits: MIB,
  /** Characters of a message in one record; more are recorded in parts. The service takes 262,144. */
  partUnits: 192 * KIB,
  /** Members of a batch that are recorded one by one; the others are counted. */
  batchMembers: 200,
  /** Requests that wait for their answer, over all connections; beyond, the oldest is forgotten. */
  pending: 10_000,
  /** Characters of a method, a tool's name, an id or an error's text in a record's fields. */
  fieldUnits: 256,
  /** JSON texts inside strings of JSON that are looked into for secrets: tools answer with JSON in text. */
  nestedTexts: 3,
  /** Names whose verdict, secret or not, is kept: messages have the same few again and again. */
  knownNames: 2_048,

  /** Records that wait for the log service, and their characters. Beyond, the oldest are dropped and counted. */
  queueRecords: 10_000,
  queueUnits: 32 * MIB,
  /** Records and characters of one write, and how long the first of them waits for others, in ms. */
  batchRecords: 500,
  batchUnits: 2 * MIB,
  flushMs: 100,
  /** How long one write may take, and the waits between tries, in ms. */
  writeMs: 10_000,
  retryFirstMs: 250,
  retryLastMs: 10_000,
  /**
   * How long the end waits for what is still to be written, in ms, as a client that stops its server waits with it:
   * while the log service is away, and while it is there or nobody knows yet.
   */
  endAwayMs: 1_000,
  endMs: 5_000,
  /** The same with the time that a thread takes that has just begun, on a machine that is busy. */
  endWholeMs: 15_000,

  /** What the forwarding thread may hand over before it was read, in bytes; beyond, the copy has a gap. */
  handoverBytes: 64 * MIB,
  /** What an event costs of it beside its bytes. */
  eventBytes: 512,
  /** Heap of the recording thread, in MiB: what all of the above takes at the most, and room to work. */
  heapMib: 512,
  /** Of it what is new, in MiB: V8 alone would let some 50 MB of garbage lie. */
  youngMib: 6,
  /** How soon a recording thread that died is started again, in ms. */
  restartMs: 1_000,

  /** Bytes of a request that are awaited to find its `_meta.traceparent`; most are far shorter. A longer one gets a new trace. */
  peekBytes: 64 * KIB,
  /** How long those bytes are awaited, in ms: whoever sends them later gets a new trace, in the records too. */
  peekMs: 1_000,
  /** Bytes of the head that answers an upgrade, and of one over HTTP: twice what servers commonly take. */
  headBytes: 64 * KIB,
  /** Connections of clients at a time: each takes some 50 KB, and one to the server beside it. */
  connections: 4_000,
  /** After how long a silence a connection is tried whose other end may be gone, in ms. */
  keepAliveMs: 60_000,
  /** Bytes of a key file: an API key has 47. */
  keyFileBytes: 4 * KIB,
} as const;
