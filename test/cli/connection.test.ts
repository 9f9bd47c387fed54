import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connection } from "../../apps/cli/src/connection.ts";

const local = { url: "http://127.0.0.1:4000", key: "local-key" };
let state: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "neurallog-cli-"));
  mkdirSync(join(state, "acme"));
  writeFileSync(join(state, "acme", "client.json"), JSON.stringify(local));
});
afterEach(() => rmSync(state, { recursive: true }));

const keyFile = (content: string) => {
  const path = join(state, "key");
  writeFileSync(path, content);
  return path;
};

describe("address and key", () => {
  it("are the local tenant's when nothing else is said", () => {
    expect(connection({ tenant: "acme" }, {}, state)).toEqual(local);
  });

  it("come from the environment before the local tenant", () => {
    const env = { NEURALLOG_URL: "https://logs.example", NEURALLOG_KEY: "k" };
    expect(connection({ tenant: "acme" }, env, state)).toEqual({
      url: "https://logs.example",
      key: "k",
    });
  });

  it("come from the options before the environment", () => {
    const env = { NEURALLOG_URL: "https://logs.example", NEURALLOG_KEY: "k" };
    const options = {
      tenant: "acme",
      url: "https://other.example",
      keyFile: keyFile("from-file\n"),
    };
    expect(connection(options, env, state)).toEqual({
      url: "https://other.example",
      key: "from-file",
    });
  });

  it("attack: the local tenant's key is not sent to another address", () => {
    const options = { tenant: "acme", url: "http://127.0.0.1.attacker.example:4000" };
    expect(connection(options, {}, state).key).toBeUndefined();
  });

  it("use the local tenant's key for its own address, however it is written", () => {
    expect(connection({ tenant: "acme", url: "http://127.0.0.1:4000/" }, {}, state).key).toBe(
      "local-key",
    );
  });

  it("say what to do when there is no address", () => {
    expect(() => connection({ tenant: "globex" }, {}, state)).toThrow("npm start");
  });

  it("say so when the local tenant's file is broken", () => {
    writeFileSync(join(state, "acme", "client.json"), '{"url":');
    expect(() => connection({ tenant: "acme" }, {}, state)).toThrow("start the tenant again");
  });

  it.each([
    ["is empty", ""],
    ["has two lines", "a\nb"],
    ["is another file", "x".repeat(10_000)],
    ["has control characters", "a\u0000b"],
  ])("refuse a key file that %s", (_, content) => {
    const options = { tenant: "acme", url: "https://logs.example", keyFile: keyFile(content) };
    expect(() => connection(options, {}, state)).toThrow("does not hold an API key");
  });

  it("refuse a key file that is not there", () => {
    const options = { tenant: "acme", url: "https://logs.example", keyFile: join(state, "none") };
    expect(() => connection(options, {}, state)).toThrow("cannot read the key file");
  });
});
