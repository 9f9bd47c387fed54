/** Every limit of the command line: what it bounds, and why that number. */
const KIB = 1024;

export const LIMITS = {
  /** Records of one request: enough to make its cost small, and little to send again after a 503. */
  batchRecords: 1_000,
  /** Characters of one request's messages: well below what the service takes as one body. */
  batchUnits: 2 * KIB * KIB,
  /** How long a piped line waits for more before it is sent, in ms: short for a person who follows. */
  idleMs: 250,
  /** Tries after 429 and 503. With a Retry-After of a second that is half a minute of patience. */
  retries: 30,
  /** Tries, and ms between them, to reach a service again that nobody listens for: a restart takes seconds. */
  reconnects: 60,
  reconnectMs: 500,
  /** Rejected lines that are named one by one; the others are counted. */
  namedRejections: 20,
  /** Rejected lines that are remembered for `--json`: a pipe may run for months. */
  keptRejections: 10_000,
  /** Bytes of a key file: an API key has 47. More is the wrong file, and is not sent anywhere. */
  keyFileBytes: 4 * KIB,
  /** The same of a token that another server asks for: the longest that servers take in a header, and a newline. */
  tokenFileBytes: 8 * KIB + 2,
  /** Records of one page of a search: the service's limit. */
  pageRecords: 1_000,
  /** Characters of a bar beside figures, and those of a histogram's figures where they are short. */
  barCells: 24,
  histogramCells: 44,
  /** The progress bar is drawn anew this often, in ms: faster than that nobody reads. */
  progressMs: 100,
} as const;
