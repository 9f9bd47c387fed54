// How secrets of our own making look, wherever they are made: for a cluster's Secrets and for a tenant on this machine.
import { createHash } from "node:crypto";

/** Gives so many random bytes; the caller's choice only in tests. */
export type Random = (bytes: number) => Buffer;

/** 256 random bits: nobody guesses them, so a plain SHA-256 is hash enough, where a password would want a slow one. */
const SECRET_BYTES = 32;

/** A Redis user's password. */
export const newPassword = (random: Random): string => random(SECRET_BYTES).toString("base64url");

/** An API key as its caller presents it. */
export const newApiKey = (random: Random): string => `nlk_${newPassword(random)}`;

/** What the log service knows of an API key. */
export const keyHash = (key: string): string => `sha256:${sha256(key)}`;

/** In hexadecimal. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
