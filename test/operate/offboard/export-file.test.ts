import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { manifestFile, readExport } from "../../../operate/offboard/export-file.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-offboard-"));
  file = join(folder, "shop.gz");
});
afterEach(() => rmSync(folder, { recursive: true }));

const lines = ["a", "b", "a"].map((namespace, at) => JSON.stringify({ id: String(at), namespace }));

function write(bytes: Buffer, more: object = {}): void {
  writeFileSync(file, bytes);
  const manifest = {
    format: 1,
    tenant: "shop",
    taken: "2027-01-20T10:05:00.000Z",
    service: { version: "1" },
    file: "shop.gz",
    compression: "gzip",
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    records: 3,
    namespaces: [
      { name: "a", records: 2, oldest: null, newest: null },
      { name: "b", records: 1, oldest: null, newest: null },
    ],
    ...more,
  };
  writeFileSync(manifestFile(file), JSON.stringify(manifest));
}
const packed = (text: string[]) => gzipSync(`${text.join("\n")}\n`);

describe("an export", () => {
  it.each([
    ["gzip", packed(lines)],
    ["zstd", zstdCompressSync(`${lines.join("\n")}\n`)],
    ["none", Buffer.from(`${lines.join("\n")}\n`)],
  ])("that is what its manifest says is read: %s", async (compression, bytes) => {
    write(bytes, { compression });
    expect(await readExport(file)).toMatchObject({ tenant: "shop", records: 3 });
  });

  it("with one bit turned is refused", async () => {
    write(packed(lines));
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect(await readExport(file)).toBeTypeOf("string");
  });

  it.each([
    ["without a manifest", () => rmSync(manifestFile(file)), /export --all/],
    ["without its file", () => rmSync(file), /there is no file/],
    ["cut short", () => writeFileSync(file, readFileSync(file).subarray(0, 20)), /has 20 bytes/],
    ["with another's manifest", () => write(packed(lines), { file: "other.gz" }), /that of other/],
    ["that lacks a record", () => write(packed(lines.slice(1))), /holds 1 records of namespace a/],
    [
      "with records of a namespace that its manifest lacks",
      () => write(packed([...lines, JSON.stringify({ namespace: "c" })])),
      /records of c, which its manifest lacks/,
    ],
    ["of something else", () => write(packed(["hello"])), /cannot be read to its end/],
    ["of lines that are no records", () => write(packed(["{}"])), /is no record/],
    [
      "that is not packed as its manifest says",
      () => write(Buffer.from(lines.join("\n"))),
      /cannot be read to its end/,
    ],
    ["with a manifest that is none", () => writeFileSync(manifestFile(file), "{}"), /no manifest/],
  ])("%s is refused", async (_, spoil, words) => {
    write(packed(lines));
    spoil();
    expect(await readExport(file)).toMatch(words);
  });

  it("under another name than its manifest's is refused", async () => {
    write(packed(lines));
    const other = join(folder, "other.gz");
    renameSync(file, other);
    renameSync(manifestFile(file), manifestFile(other));
    expect(await readExport(other)).toMatch(/that of shop\.gz/);
  });
});
