import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Machine } from "../../../tools/machine.ts";

/** Writes a program that runs a shell script and then prints a line. */
export function program(file: string, prints: string, script = ":"): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\necho '${prints}'\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A machine whose PATH and cache are in a folder of the test's own; it keeps what was said. */
export function fakeMachine(folder: string): Machine & { said: string[] } {
  const said: string[] = [];
  return {
    path: join(folder, "bin"),
    cache: join(folder, "cache"),
    say: (message) => void said.push(message),
    said,
  };
}
