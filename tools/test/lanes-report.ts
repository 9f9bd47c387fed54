import type { Listener } from "./lanes.ts";

/**
 * Prints each file's output whole, once the file is done, under a line that names it.
 * @param print gets what was asked for
 * @param say gets progress
 */
export function inBlocks(print: (text: string) => void, say: (line: string) => void): Listener {
  return {
    began: (file, lane) => say(`lane ${lane}: ${file} ...`),
    ended(file, lane, seconds, { output }) {
      print(`\n===== ${file}, lane ${lane}, ${seconds.toFixed(0)} s\n${output}`);
    },
    broke(lane, error, file) {
      const why = error instanceof Error ? error.message : String(error);
      print(`\nFAILED ${file ?? "to get ready"}, lane ${lane}: ${why}`);
    },
    unrun: (files) => print(`\nFAILED ${files.length} were not run: ${files.join(", ")}`),
  };
}
