import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SCHEMAS } from "../../../../generator/verify/schemas/kubeconform.ts";
import { staleFiles } from "../../../../generator/verify/schemas/stale.ts";
import { runProgram } from "../../../../tools/process.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-schemas-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const published = new Map([
  ["a.json", "{}\n"],
  ["VERSIONS", "one 1\n"],
]);

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

describe("schemas that were published again", () => {
  it("are as they are committed, to the byte", () => {
    write({ "a.json": "{}\n", VERSIONS: "one 1\n" });
    expect(staleFiles(folder, published)).toEqual([]);
  });

  it.each([
    ["one that differs by a space", { "a.json": "{ }\n", VERSIONS: "one 1\n" }, "a.json"],
    ["one that is missing", { "a.json": "{}\n" }, "VERSIONS"],
    ["one too many", { "a.json": "{}\n", VERSIONS: "one 1\n", "b.json": "{}\n" }, "b.json"],
  ])("show %s", (_case, files, stale) => {
    write(files);
    expect(staleFiles(folder, published)).toEqual([stale]);
  });
});

const update = new URL("../../../../generator/verify/schemas/update.ts", import.meta.url).pathname;

it.each([["--check"], []])(
  "npm run schemas %s fails where Go brings nothing, and leaves what is there",
  async (...args) => {
    write({ go: "#!/bin/sh\necho no proxy >&2\nexit 1\n" });
    chmodSync(join(folder, "go"), 0o755);
    const before = readdirSync(SCHEMAS);
    const { code, stderr } = await runProgram(process.execPath, [update, ...args], {
      env: { PATH: `${folder}:${process.env["PATH"]}` },
    });
    expect(code).toBe(1);
    expect(stderr).toContain("go mod download failed: no proxy");
    expect(readdirSync(SCHEMAS)).toEqual(before);
  },
);
