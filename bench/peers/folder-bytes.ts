import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Bytes on the disk below a folder. */
export function folderBytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    try {
      bytes += entry.isDirectory() ? folderBytes(path) : statSync(path).size;
    } catch {
      // A file that a merge removed in between.
    }
  }
  return bytes;
}
