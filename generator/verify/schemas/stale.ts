import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Names of files in a folder that differ from these, are too many, or are missing. */
export function staleFiles(folder: string, files: ReadonlyMap<string, string>): string[] {
  const present = readdirSync(folder);
  return [...new Set([...present, ...files.keys()])].filter(
    (name) =>
      !present.includes(name) || readFileSync(join(folder, name), "utf8") !== files.get(name),
  );
}
