import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import type { Claims } from "./across.ts";
import type { Memory } from "./candidate.ts";
import { codeVersion } from "./code-version.ts";

const count = z.number().min(0);
const claims = z.object({
  id: z.string(),
  cluster: z.string(),
  hosts: z.array(z.string()),
  namespaces: z.array(z.string()),
  redis: z.string().nullable(),
  ask: z.object({ cpu: count, memory: count, storage: count, pods: count }),
});
const content = z.object({ version: z.string(), claims: z.record(z.string(), claims) });

/** A memory in a file, which is written by `save` and holds what the last run asked for. */
export type FileMemory = Memory & { save(): void };

/**
 * Opens a memory; an empty one where the file is not there, is damaged, or was made by other code.
 * With it an unchanged record costs a hash instead of being read, checked and resolved.
 */
export function openMemory(file: string): FileMemory {
  const version = codeVersion(["record", "plan"]);
  const known = readKnown(file, version);
  const used = new Map<string, Claims>();
  let changed = false;
  return {
    recall(fingerprint) {
      const found = known.get(fingerprint);
      if (found !== undefined) used.set(fingerprint, found);
      return found;
    },
    remember(fingerprint, claims) {
      changed = true;
      used.set(fingerprint, claims);
    },
    save() {
      if (!changed && used.size === known.size) return;
      const text = JSON.stringify({ version, claims: Object.fromEntries(used) });
      mkdirSync(dirname(file), { recursive: true });
      // Two commands at once: each leaves a whole file, and the later one stays.
      const whole = `${file}.${process.pid}`;
      writeFileSync(whole, text);
      renameSync(whole, file);
    },
  };
}

function readKnown(file: string, version: string): Map<string, Claims> {
  try {
    const found = content.parse(JSON.parse(readFileSync(file, "utf8")));
    return new Map(found.version === version ? Object.entries(found.claims) : []);
  } catch {
    return new Map();
  }
}
