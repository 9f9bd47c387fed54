import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { CACHE_DAYS } from "../../limits.ts";
import type { Network } from "../../manifests/network.ts";
import type { Finding } from "../finding.ts";

/** What is known of one overlay once it was built and checked. */
export interface Entry {
  readonly objects: number;
  readonly findings: readonly Finding[];
  /** Null where the overlay did not build, or a part of it could not be read. */
  readonly network: Network | null;
}

export interface Cache<T = Entry> {
  read(key: string): T | undefined;
  write(key: string, entry: T): void;
}

/** Keeps nothing. */
export const NO_CACHE = { read: () => undefined, write: () => undefined };

const DAY = 24 * 60 * 60 * 1000;

/**
 * Entries in a folder of the user's, one file for each key. A file begins with the hash of its key and
 * the rest: what a crash, a full disk or somebody's editor left behind is built again, never believed.
 */
export function folderCache<T = Entry>(folder: string): Cache<T> {
  mkdirSync(folder, { recursive: true });
  prune(folder);
  return {
    read(key) {
      const file = join(folder, key);
      try {
        const text = readFileSync(file, "utf8");
        const end = text.indexOf("\n");
        const body = text.slice(end + 1);
        if (end === -1 || text.slice(0, end) !== digest(key, body)) return undefined;
        if (Date.now() - statSync(file).mtimeMs > DAY) utimesSync(file, new Date(), new Date());
        // Written by `write` below, as the hash shows.
        const entry: T = JSON.parse(body);
        return entry;
      } catch {
        return undefined;
      }
    },
    write(key, entry) {
      const body = JSON.stringify(entry);
      const file = join(folder, `${key}.${process.pid}`);
      // A cache that cannot be written costs time, not correctness.
      try {
        writeFileSync(file, `${digest(key, body)}\n${body}`);
        renameSync(file, join(folder, key));
      } catch {
        rmSync(file, { force: true });
      }
    },
  };
}

function digest(key: string, body: string): string {
  return createHash("sha256").update(key).update(body).digest("hex");
}

/** Once a day, forgets what nobody has asked for in a while. */
function prune(folder: string): void {
  const stamp = join(folder, "pruned");
  const now = Date.now();
  if (existsSync(stamp) && now - statSync(stamp).mtimeMs < DAY) return;
  writeFileSync(stamp, "");
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (now - statSync(file).mtimeMs > CACHE_DAYS * DAY) rmSync(file, { force: true });
  }
}
