import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { file } from "../../../apps/cli/src/input/open.ts";
import { run } from "../run.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-open-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function path(content: Uint8Array | string): string {
  writeFileSync(join(folder, "a.log"), content);
  return join(folder, "a.log");
}

const read = (content: Uint8Array | string) => text(file(path(content)).chunks);
const utf16 = (body: string) => Buffer.from(`\uFEFF${body}`, "utf16le");

describe("opening a file", () => {
  it("reads text as it stands", async () => {
    expect(await read("a\nb")).toBe("a\nb");
  });

  it("reads nothing of an empty file, and one byte of a file of one", async () => {
    expect(await read("")).toBe("");
    expect(await read("a")).toBe("a");
  });

  it("reads gzip, also of several parts, as rotated files are", async () => {
    const parts = Buffer.concat([gzipSync("a\n".repeat(100_000)), gzipSync("b")]);
    expect(await read(parts)).toBe(`${"a\n".repeat(100_000)}b`);
  });

  it("reads the UTF-16 that Windows writes, in both byte orders", async () => {
    expect((await read(utf16("zürich 🎉"))).replace("\uFEFF", "")).toBe("zürich 🎉");
    expect((await read(utf16("zürich 🎉").swap16())).replace("\uFEFF", "")).toBe("zürich 🎉");
  });

  it("counts the bytes of the file, not of what is in it", async () => {
    const content = gzipSync("a".repeat(100_000));
    const input = file(path(content));
    await text(input.chunks);
    expect([input.read(), input.size]).toEqual([content.length, content.length]);
  });

  it("sends what stands before the place where a compressed file is broken, and ends with 2", async () => {
    const broken = gzipSync("a\nb\n").subarray(0, -6);
    const { exit, out, err } = await run(["log", "--dry-run", "--file", path(broken)]);
    expect(exit).toBe(2);
    expect(out.split("\n").filter((line) => line !== "").length).toBe(2);
    expect(err).toContain("a.log");
  });
});
