/** Every limit of comparing tools: servers under suspicion are asked, and their records read. */
const MIB = 1024 * 1024;

export const COMPARE_LIMITS = {
  /** Bytes of one answer, and of all records that are read. The longest lists of tools have some 500 KB. */
  messageBytes: 16 * MIB,
  recordedBytes: 256 * MIB,
  /** Records that are read of one side. */
  records: 200_000,
  /** Pages of a list, and tools in all: a cursor that always has another page would never end. */
  pages: 500,
  tools: 10_000,
  /** How long one answer may take, unless told, and after how long no further page of a list is asked for, in ms. */
  answerMs: 10_000,
  serverMs: 60_000,
  /** Containers inside each other in a tool, and values in it: no real schema has a tenth of it. */
  depth: 64,
  values: 50_000,
  /** Differences of one tool that are told apart, and differences that are printed. */
  perTool: 50,
  printed: 100,
  /** Characters of a value in what is printed. */
  shownUnits: 160,
} as const;
