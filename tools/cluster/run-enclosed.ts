import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { runInForeground } from "../foreground.ts";
import { watchdog } from "../watchdog.ts";
import type { Binaries } from "./binaries.ts";
import { enclosed } from "./enclosure.ts";

const inside = fileURLToPath(new URL("inside.ts", import.meta.url));

/** Whoever still writes while it is removed puts files back: until nobody does. */
const REMOVE = `for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do rm -rf "$1" && exit; sleep 0.2; done`;

/**
 * Starts the control plane in an enclosure, runs the command in it, and clears everything away.
 * @param args as parseOptions reads them
 * @returns the command's exit code
 */
export async function runEnclosed(
  { bin, assets }: Binaries,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv } = { cwd: process.cwd() },
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-cluster-"));
  const callOff = watchdog(REMOVE, [folder]);
  try {
    const [command, words] = enclosed(process.execPath, [inside, folder, bin, assets, ...args]);
    return await runInForeground(command, words, options);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    callOff();
  }
}
