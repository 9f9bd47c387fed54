import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { keyHash, newApiKey, newPassword, sha256 } from "../generator/render/keys.ts";
import { archiveUsers } from "../generator/render/log-service-config.ts";
import { redisUsers, type RedisUser } from "../generator/render/redis-conf.ts";
import { writePrivate, type State } from "./state.ts";

/** SHA-256 in hexadecimal of each Redis user's password; passwords are made once and kept. */
export function redisPasswordHashes(state: State): Record<RedisUser, string> {
  const hash = (user: RedisUser): string =>
    sha256(kept(passwordFile(state, user), () => newPassword(randomBytes)));
  const [app, exporter, backup, admin] = redisUsers;
  return { app: hash(app), exporter: hash(exporter), backup: hash(backup), admin: hash(admin) };
}

export function passwordFile(state: State, user: string): string {
  return join(state.passwords, user);
}

/** Sees to it that each user of the archive has a password in the folder: made once and kept. */
export function archivePasswords(folder: string): string[] {
  return archiveUsers.map((user) => {
    const file = join(folder, user);
    kept(file, () => newPassword(randomBytes));
    return file;
  });
}

/**
 * Sees to it that there is an API key of each name, and of no other: a key that the record no
 * longer has must not open the door.
 * @returns the keys by name
 */
export function apiKeys(state: State, names: string[]): Map<string, string> {
  for (const folder of [state.keys, state.keyHashes]) {
    for (const file of readdirSync(folder)) {
      if (!names.includes(file)) rmSync(join(folder, file));
    }
  }
  const keys = new Map<string, string>();
  for (const name of names) {
    const key = kept(join(state.keys, name), () => newApiKey(randomBytes));
    writePrivate(join(state.keyHashes, name), `${keyHash(key)}\n`);
    keys.set(name, key);
  }
  return keys;
}

function kept(file: string, make: () => string): string {
  const old = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  if (old !== "") return old;
  const made = make();
  writePrivate(file, `${made}\n`);
  return made;
}
