import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The folder of one tenant's local state: only its owner may read any of it. */
export interface State {
  folder: string;
  /** Its logs, as Redis' append-only file. */
  data: string;
  redisConf: string;
  redisAcl: string;
  redisLog: string;
  archiveLog: string;
  serviceLog: string;
  access: string;
  /** What is taken out of records. */
  redaction: string;
  /** Files with the hashes of the API keys, as the log service wants them. */
  keyHashes: string;
  /** Files with the API keys themselves. */
  keys: string;
  /** Files with the passwords of the Redis users. */
  passwords: string;
  /** Address and API key for the command line. */
  client: string;
  ports: string;
  lock: string;
  running: string;
}

export function openState(base: string, tenant: string): State {
  const folder = join(base, tenant);
  const inside = (name: string): string => join(folder, name);
  const state: State = {
    folder,
    data: inside("data"),
    redisConf: inside("redis.conf"),
    redisAcl: inside("users.acl"),
    redisLog: inside("redis.log"),
    archiveLog: inside("archive.log"),
    serviceLog: inside("log-service.log"),
    access: inside("access.json"),
    redaction: inside("redaction.json"),
    keyHashes: inside("key-hashes"),
    keys: inside("keys"),
    passwords: inside("passwords"),
    client: inside("client.json"),
    ports: inside("ports.json"),
    lock: inside("lock"),
    running: inside("running.json"),
  };
  for (const each of [folder, state.data, state.keyHashes, state.keys, state.passwords]) {
    mkdirSync(each, { recursive: true, mode: 0o700 });
    // A folder that was there already may have been open to others.
    chmodSync(each, 0o700);
  }
  return state;
}

/** Writes a file that only its owner may read; a reader sees the old text or the new, never half. */
export function writePrivate(file: string, text: string): void {
  const draft = `${file}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, file);
}

/** The file's JSON, or undefined when there is none or only half of one. */
export function readJson(file: string): unknown {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
