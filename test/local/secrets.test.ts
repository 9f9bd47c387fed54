import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { apiKeys, redisPasswordHashes } from "../../local/secrets.ts";
import { openState, type State } from "../../local/state.ts";

let folder: string;
let state: State;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-secrets-"));
  state = openState(folder, "acme");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe("API keys", () => {
  test("are 256 random bits each, and the service gets their hash alone", () => {
    const key = apiKeys(state, ["local"]).get("local") ?? "";
    expect(key).toMatch(/^nlk_[\w-]{43}$/);
    const hash = createHash("sha256").update(key).digest("hex");
    expect(readFileSync(join(state.keyHashes, "local"), "utf8").trim()).toBe(`sha256:${hash}`);
  });

  test("stay the same from one start to the next", () => {
    const names = ["local", "checkout"];
    expect(apiKeys(state, names)).toEqual(apiKeys(state, names));
  });

  test("differ from each other", () => {
    expect(new Set(apiKeys(state, ["a", "b", "c"]).values()).size).toBe(3);
  });

  test("a key that the record no longer has opens nothing any more, and is not reused", () => {
    const old = apiKeys(state, ["local", "former"]).get("former");
    apiKeys(state, ["local"]);
    expect(existsSync(join(state.keyHashes, "former"))).toBe(false);
    expect(apiKeys(state, ["local", "former"]).get("former")).not.toBe(old);
  });
});

test("Redis gets hashes of passwords that are kept", () => {
  const hashes = redisPasswordHashes(state);
  expect(redisPasswordHashes(state)).toEqual(hashes);
  const password = readFileSync(join(state.passwords, "app"), "utf8").trim();
  expect(hashes.app).toBe(createHash("sha256").update(password).digest("hex"));
});

test("a state folder that was open to others is closed", () => {
  chmodSync(state.folder, 0o755);
  openState(folder, "acme");
  expect(statSync(state.folder).mode & 0o777).toBe(0o700);
});
