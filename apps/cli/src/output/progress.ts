import { LIMITS } from "../limits.ts";
import { harmlessLine } from "./terminal.ts";

export interface Progress {
  /** `done` of the file's `total` bytes are read, `records` are stored. */
  update(done: number, records: number): void;
  /** Takes the bar away. */
  clear(): void;
}

const silent: Progress = { update: () => {}, clear: () => {} };
const width = 30;

/** A bar on standard error, for a person at a terminal who loads a file; nothing anywhere else. */
export function progressBar(
  stream: Pick<NodeJS.WriteStream, "isTTY" | "columns" | "write">,
  name: string,
  total: number | undefined,
): Progress {
  if (stream.isTTY !== true || total === undefined || total === 0) return silent;
  const started = performance.now();
  let drawn = -Infinity;
  return {
    update(done, records) {
      const now = performance.now();
      if (now - drawn < LIMITS.progressMs) return;
      drawn = now;
      const share = Math.min(1, done / total);
      const filled = Math.round(share * width);
      const rate = Math.round(records / Math.max(0.001, (now - started) / 1000));
      const bar = "█".repeat(filled) + "░".repeat(width - filled);
      const text = `${bar} ${Math.floor(share * 100)} % ${records.toLocaleString("en")} records, ${rate.toLocaleString("en")}/s  ${harmlessLine(name)}`;
      stream.write(`\r\u001b[2K${text.slice(0, Math.max(20, stream.columns - 1))}`);
    },
    clear: () => void stream.write("\r\u001b[2K"),
  };
}
