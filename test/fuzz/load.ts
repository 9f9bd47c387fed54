import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { FuzzTarget } from "./fuzz.ts";

/** The decoders of every file in `targets/`. */
export async function loadTargets(): Promise<FuzzTarget[]> {
  const folder = new URL("targets/", import.meta.url);
  const files = readdirSync(fileURLToPath(folder)).filter((file) => file.endsWith(".ts"));
  const all: FuzzTarget[] = [];
  for (const file of files.sort()) {
    const { targets }: { targets: readonly FuzzTarget[] } = await import(
      new URL(file, folder).href
    );
    all.push(...targets);
  }
  return all;
}
