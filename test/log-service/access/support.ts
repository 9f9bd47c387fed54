import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface KeyEntry {
  readonly name: string;
  readonly role: string | readonly string[];
  readonly namespaces?: readonly string[];
  /** RFC 3339. */
  readonly expires?: string;
}

/** A temporary access.json with its folder of hash files. */
export class AccessFolder {
  readonly folder = mkdtempSync(join(tmpdir(), "neurallog-access-"));
  readonly file = join(this.folder, "access.json");
  readonly keysDir = join(this.folder, "keys");

  constructor() {
    mkdirSync(this.keysDir);
    this.list([]);
  }

  /** A fresh key's value, with its hash in a file of that name. */
  issue(name: string): string {
    const value = `nlk_${randomBytes(32).toString("base64url")}`;
    this.writeHash(name, `sha256:${createHash("sha256").update(value).digest("hex")}\n`);
    return value;
  }

  writeHash(name: string, content: string): void {
    writeFileSync(join(this.keysDir, name), content);
  }

  /** @param more Other members of access.json: `certificates`, `oidc`. */
  list(keys: readonly KeyEntry[], more: object = {}): void {
    const entries = keys.map(({ name, role, namespaces = ["*"], expires }) => ({
      name,
      roles: typeof role === "string" ? [role] : role,
      namespaces,
      hash_file: name,
      ...(expires === undefined ? {} : { expires }),
    }));
    writeFileSync(this.file, JSON.stringify({ keys: entries, ...more }));
  }

  /** Lists one key and answers its value. */
  only(name: string, role: string, namespaces?: readonly string[]): string {
    this.list([{ name, role, ...(namespaces === undefined ? {} : { namespaces }) }]);
    return this.issue(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
