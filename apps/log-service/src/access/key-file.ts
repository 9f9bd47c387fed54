import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { oidcSchema, type OidcSettings } from "./oidc-settings.ts";
import { ROLES, type Principal, type Role } from "./principal.ts";

const NAMESPACE = z.union([
  z.literal("*"),
  z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/),
]);

const principal = {
  name: z.string().min(1).max(63),
  roles: z.array(z.enum(ROLES)).min(1),
  namespaces: z.array(NAMESPACE).min(1),
  /** From this moment on it opens nothing. */
  expires: z.iso.datetime({ offset: true }).optional(),
};

const schema = z.strictObject({
  keys: z.array(
    z.strictObject({
      ...principal,
      // A plain file name: a path here could make the service read any file of its container.
      hash_file: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}$/),
    }),
  ),
  /** Client certificates by a name in them, its kind before it: `cn:`, `dns:`, `uri:` or `email:`. */
  certificates: z
    .array(
      z.strictObject({
        ...principal,
        subject: z.string().regex(/^(cn|dns|uri|email):.{1,255}$/),
      }),
    )
    .default([]),
  oidc: oidcSchema.optional(),
});

/** A way in that access.json names. */
export interface Entry {
  readonly principal: Principal;
  /** Milliseconds since the epoch from which on it opens nothing; undefined for never. */
  readonly expiresMs: number | undefined;
}

/** A key; without a digest it opens nothing, because its hash cannot be read. */
export interface LoadedKey extends Entry {
  /** The SHA-256 of its value. */
  readonly digest: Buffer | undefined;
  /** The same as text, by which it is revoked. */
  readonly hex: string | undefined;
}

export interface LoadedCertificate extends Entry {
  readonly subject: string;
}

export interface LoadedAccess {
  readonly keys: readonly LoadedKey[];
  readonly certificates: readonly LoadedCertificate[];
  readonly oidc: OidcSettings | undefined;
  /** What is wrong with keys whose hash cannot be read. */
  readonly problems: readonly string[];
}

/**
 * Reads access.json and the hash file of each key it names.
 * One key's missing hash closes that key alone: a revoked key must not lock everybody else out.
 * @throws Error when access.json itself cannot be read or is not valid; the message has no secret.
 */
export function loadAccess(file: string, keysDir: string): LoadedAccess {
  const parsed = schema.safeParse(parseJson(file));
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`${file} is not valid: ${issues.join("; ")}`);
  }
  const { certificates, oidc } = parsed.data;
  const names = new Set<string>();
  for (const { name } of [...parsed.data.keys, ...certificates]) {
    if (names.has(name)) {
      throw new Error(`${file} is not valid: the name ${name} stands there twice`);
    }
    names.add(name);
  }
  const subjects = new Set(certificates.map(({ subject }) => subject));
  if (subjects.size < certificates.length) {
    throw new Error(`${file} is not valid: two certificates have one subject`);
  }
  const problems: string[] = [];
  const keys = parsed.data.keys.map((entry) => {
    const read = readDigest(join(keysDir, entry.hash_file));
    if (typeof read === "string") problems.push(`key ${entry.name}: ${read}`);
    const digest = typeof read === "string" ? undefined : read;
    return { ...entryOf(entry), digest, hex: digest?.toString("hex") };
  });
  return {
    keys,
    certificates: certificates.map((entry) => ({ ...entryOf(entry), subject: entry.subject })),
    oidc,
    problems,
  };
}

function entryOf(written: {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly namespaces: readonly string[];
  readonly expires?: string | undefined;
}): Entry {
  const { name, roles, namespaces, expires } = written;
  return {
    principal: {
      name,
      roles,
      namespaces: namespaces.includes("*") ? "*" : new Set(namespaces),
    },
    expiresMs: expires === undefined ? undefined : Date.parse(expires),
  };
}

/**
 * Plain SHA-256, without salt or stretching, is enough here and nowhere else: keys are 256 random
 * bits, so there is no dictionary to try, and a slow hash would only slow every request.
 */
export function digestOf(key: string): Buffer {
  return hash("sha256", key, "buffer");
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
