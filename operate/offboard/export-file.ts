// Is the file what its manifest says, byte for byte and record for record?
import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { pipeline, PassThrough, type Duplex } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { readManifest, type ExportManifest } from "../../apps/client/src/index.ts";

export const manifestFile = (file: string): string => `${file}.manifest.json`;

/** The manifest of an export that holds what it says, or why it does not. Reads the whole file. */
export async function readExport(file: string): Promise<ExportManifest | string> {
  const manifest = manifestBeside(file);
  if (typeof manifest === "string") return manifest;
  if (manifest.file !== basename(file))
    return `the manifest is that of ${manifest.file}, not of ${basename(file)}`;
  let bytes: number;
  try {
    bytes = statSync(file).size;
  } catch {
    return `there is no file ${file}`;
  }
  if (bytes !== manifest.bytes)
    return `the file has ${bytes} bytes, and its manifest says ${manifest.bytes}`;
  try {
    const { sha256, counts } = await readAll(file, manifest.compression);
    if (sha256 !== manifest.sha256)
      return `its SHA-256 is ${sha256}, and its manifest says ${manifest.sha256}`;
    for (const { name, records } of manifest.namespaces) {
      const found = counts.get(name) ?? 0;
      if (found !== records)
        return `it holds ${found} records of namespace ${name}, and its manifest says ${records}`;
      counts.delete(name);
    }
    const [more] = counts.keys();
    return more === undefined ? manifest : `it holds records of ${more}, which its manifest lacks`;
  } catch (error) {
    return `it cannot be read to its end: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function manifestBeside(file: string): ExportManifest | string {
  let text: string;
  try {
    text = readFileSync(manifestFile(file), "utf8");
  } catch {
    return `there is no ${manifestFile(file)}: make the export with export --all --output`;
  }
  const manifest = readManifest(text);
  return typeof manifest === "string"
    ? `${manifestFile(file)} is no manifest: ${manifest}`
    : manifest;
}

async function readAll(
  file: string,
  compression: ExportManifest["compression"],
): Promise<{ sha256: string; counts: Map<string, number> }> {
  const hash = createHash("sha256");
  const unpacked: Duplex =
    compression === "gzip"
      ? createGunzip()
      : compression === "zstd"
        ? createZstdDecompress()
        : new PassThrough();
  const source = createReadStream(file);
  source.on("data", (chunk) => hash.update(chunk));
  let broken: unknown;
  pipeline(source, unpacked, (error) => (broken = error ?? undefined));
  const counts = new Map<string, number>();
  for await (const line of createInterface({ input: unpacked, crlfDelay: Infinity })) {
    const record: unknown = JSON.parse(line);
    const namespace: unknown = Reflect.get(Object(record), "namespace");
    if (typeof namespace !== "string") throw new Error("a line of it is no record");
    counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  }
  if (broken !== undefined) throw broken;
  return { sha256: hash.digest("hex"), counts };
}
