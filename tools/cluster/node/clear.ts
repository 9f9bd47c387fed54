import { existsSync } from "node:fs";

import { runProgram } from "../../process.ts";
import { CLEAR_SECONDS } from "./limits.ts";

/**
 * Removes control groups, deepest first, and folders, as soon as the last process in them is gone.
 * $1: folders that may hold anything, one a line; $2: folders that go only if they are empty, and no other run is there; then groups.
 */
export const CLEAR = `
holds=$1 empty=$2
shift 2
for _ in $(seq ${CLEAR_SECONDS * 5}); do
  left=
  for group; do
    [ -d "$group" ] || continue
    find "$group" -depth -type d -exec rmdir {} \\; 2>/dev/null
    [ ! -d "$group" ] || left=yes
  done
  for folder in $holds; do
    rm -rf "$folder" 2>/dev/null || left=yes
  done
  [ -n "$left" ] || break
  sleep 0.2
done
# Whatever is mounted on a folder in another run's namespace would go with the folder.
ls -d "\${1%/*}"/neurallog-node-* >/dev/null 2>&1 && exit
for folder in $empty; do rmdir "$folder" 2>/dev/null; done
`;

/** What a run leaves on the machine for as long as it runs. */
export interface Traces {
  /** Of the run alone: they go with all that is in them. Without blanks. */
  readonly folders: readonly string[];
  /** Made for a mount; others may use them by now. */
  readonly mountPoints: readonly string[];
  readonly cgroups: readonly string[];
}

/** CLEAR's arguments. */
export function clearing({ folders, mountPoints, cgroups }: Traces): string[] {
  return [folders.join("\n"), mountPoints.join("\n"), ...cgroups];
}

/** @returns what could not be removed */
export async function clear(traces: Traces): Promise<string[]> {
  await runProgram("/bin/sh", ["-c", CLEAR, "clear", ...clearing(traces)]);
  return [...traces.cgroups, ...traces.folders].filter((path) => existsSync(path));
}
