import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { ROLES, type Principal } from "./principal.ts";

const NAMESPACE = z.union([
  z.literal("*"),
  z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/),
]);

const schema = z.strictObject({
  keys: z.array(
    z.strictObject({
      name: z.string().min(1).max(63),
      roles: z.array(z.enum(ROLES)).min(1),
      namespaces: z.array(NAMESPACE).min(1),
      // A plain file name: a path here could make the service read any file of its container.
      hash_file: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}$/),
    }),
  ),
});

/** A key that can be presented: the SHA-256 of its value, and who it stands for. */
export interface LoadedKey {
  readonly digest: Buffer;
  readonly principal: Principal;
}

export interface LoadedKeys {
  readonly keys: readonly LoadedKey[];
  /** Keys that the file names but whose hash cannot be read; they open nothing. */
  readonly problems: readonly string[];
}

/**
 * Reads access.json and the hash file of each key it names.
 * One key's missing hash closes that key alone: a revoked key must not lock everybody else out.
 * @throws Error when access.json itself cannot be read or is not valid; the message has no secret.
 */
export function loadKeys(file: string, keysDir: string): LoadedKeys {
  const parsed = schema.safeParse(parseJson(file));
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`${file} is not valid: ${issues.join("; ")}`);
  }
  const keys: LoadedKey[] = [];
  const problems: string[] = [];
  const names = new Set<string>();
  for (const entry of parsed.data.keys) {
    if (names.has(entry.name)) {
      throw new Error(`${file} is not valid: the key name ${entry.name} stands there twice`);
    }
    names.add(entry.name);
    const digest = readDigest(join(keysDir, entry.hash_file));
    if (typeof digest === "string") {
      problems.push(`key ${entry.name}: ${digest}`);
      continue;
    }
    const namespaces = entry.namespaces.includes("*") ? "*" : new Set(entry.namespaces);
    keys.push({ digest, principal: { name: entry.name, roles: entry.roles, namespaces } });
  }
  return { keys, problems };
}

/**
 * Plain SHA-256, without salt or stretching, is enough here and nowhere else: keys are 256 random
 * bits, so there is no dictionary to try, and a slow hash would only slow every request.
 */
export function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(
      `${file} cannot be read: ${error instanceof Error ? error.message : "unknown"}`,
      {
        cause: error,
      },
    );
  }
}

/** The digest, or what is wrong with the file. */
function readDigest(path: string): Buffer | string {
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch {
    return `${path} cannot be read`;
  }
  const match = /^sha256:([0-9a-f]{64})$/i.exec(text);
  // The content is not repeated: somebody may have put the key itself there.
  return match?.[1] === undefined
    ? `${path} is not sha256:<64 hex digits>`
    : Buffer.from(match[1], "hex");
}
