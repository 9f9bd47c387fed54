/** What one line and one record may take; the log service's own limits, so that what was read is also stored. */
const KIB = 1024;

export const LIMITS = {
  /** Bytes of one line; the service takes messages of 256 Ki. A longer line goes as several records. */
  lineBytes: 256 * KIB,
  /** Characters of a record that was joined from several lines: the service's limit for a message. */
  messageUnits: 256 * KIB,
  /** Lines of such a record. The deepest stack traces have 1,024 frames, with their causes a little more. */
  joinedLines: 2_048,
  /** The service's limits for the other fields; a line that yields more than this is kept as text. */
  sourceUnits: 256,
  traceUnits: 128,
  metadataUnits: 64 * KIB,
  metadataDepth: 30,
  tags: 64,
  tagUnits: 256,
} as const;
