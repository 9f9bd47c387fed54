/**
 * Every limit of the logger: what it bounds and why that number. Sizes of text are in UTF-16 units of
 * JSON text, which are bytes where the text is ASCII. What a record may have stays below what the log
 * service takes (a message of 256 Ki, metadata of 64 Ki, 32 levels), so that it refuses none of ours.
 */
const KI = 1024;

export const RECORD_LIMITS = {
  /** A message. The longest that people write are a few thousand characters; stack traces go into fields. */
  messageUnits: 32 * KI,
  /** One text among the fields, and an error's stack. */
  textUnits: 8 * KI,
  /** All fields of one record together: what a call may cost at most, some 100 us. */
  dataUnits: 32 * KI,
  /** What children bind, their parents' included: each record carries it. */
  boundUnits: 8 * KI,
  /** Objects and lists inside each other; a deeper one is named and left out. */
  depth: 8,
  /** Keys of one object and items of one list; what is beyond is counted. */
  entries: 100,
  /** Objects and lists of one record: wide and deep at once would be 100^8. */
  containers: 500,
  /** A key; no program has longer ones, and a longer one is left out. */
  keyUnits: 256,
  /** A trace or span id, and a component: what the service takes. */
  idUnits: 128,
  componentUnits: 256,
  /** Digits of a BigInt, as a power of two: writing a million digits takes seconds. */
  bigIntBits: 1_024n,
} as const;

export const CACHE_LIMITS = {
  /** Keys whose JSON text and verdict are kept: programs have hundreds; made-up keys start it anew. */
  keys: 4_096,
  /** Components and levels of children that follow changes: beyond, children stay at what they had. */
  thresholds: 1_024,
} as const;

export const QUEUE_DEFAULTS = {
  /** Records that wait: ten seconds at a thousand a second. */
  records: 10_000,
  /** Their text: what a service that is away may cost the application in memory. */
  bytes: 8 * KI * KI,
} as const;

export const BATCH_DEFAULTS = {
  /** Records of one request: the service reads a thousand in 3 ms. */
  records: 1_000,
  /** Text of one request. */
  bytes: 512 * KI,
  /** How long the first record of a batch waits for others. */
  ms: 200,
} as const;

export const DELIVERY_LIMITS = {
  /** Until a connection stands, handshakes included. The application never waits longer for it. */
  connectMs: 1_000,
  /** A flush, also the one at exit. */
  flushMs: 1_000,
  /** Until a request is answered: the service itself tries for 8 s to keep what it got. */
  answerMs: 10_000,
  /** A connection that takes nothing for so long is given up: a write under way holds the process open. */
  stalledMs: 1_000,
  /** Between tries: doubled with each failure up to the most, half of it by chance. */
  firstBackoffMs: 250,
  mostBackoffMs: 30_000,
  /** The longest `Retry-After` that is believed. */
  mostRetryAfterMs: 300_000,
  /** Tries of a batch that is refused for what may pass: a key that is being changed, a route that is not there yet. */
  refusedTries: 3,
  /** An answer's body: a thousand ids take 20 KB. */
  answerBytes: 1 * KI * KI,
  /** `logger_log` calls under way on one WebSocket. */
  inFlight: 64,
  /** A line on standard error at most so often. */
  stderrMs: 60_000,
} as const;

export const LEVEL_FOLLOW_LIMITS = {
  /** One question waits so long for a change; the service allows 50. */
  waitSeconds: 30,
  /** Its answer has some seconds more. */
  answerMs: 40_000,
  /** Before the next question after a failure, or after an answer that came without waiting. */
  againMs: 5_000,
  mostAgainMs: 60_000,
} as const;
