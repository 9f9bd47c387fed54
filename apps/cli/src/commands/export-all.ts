// `export --all`: everything that a tenant has, into a file that can be trusted when the tenant is removed. What the
// service says that it holds is counted before and after; a file that lacks one record of it is no export.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream, existsSync } from "node:fs";
import { open, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { Transform } from "node:stream";
import { finished } from "node:stream/promises";
import { createGzip, createZstdCompress } from "node:zlib";
import type { ExportManifest, NamespaceStats, NeuralLogClient } from "@neurallog/client";
import { CliError, EXIT } from "../errors.ts";
import { counted } from "../output/columns.ts";
import { harmlessLine } from "../output/terminal.ts";
import type { Context } from "./context.ts";

/** The file beside an export. */
export const manifestOf = (file: string): string => `${file}.manifest.json`;

/** Writes `file` and its manifest; both are there in the end, or neither. */
export async function exportAll(
  client: NeuralLogClient,
  file: string,
  context: Context,
): Promise<number> {
  for (const path of [file, manifestOf(file)]) {
    if (existsSync(path))
      throw new CliError(
        "CLI_OUTPUT_FILE",
        `${path} is there already: an export overwrites nothing`,
      );
  }
  const before = await inventory(client, context);
  const part = `${file}.part`;
  const written = new Map<string, number>();
  const sink = await openSink(part, compressionOf(file));
  try {
    for (const { name } of before.namespaces) {
      let records = 0;
      const found = client.export({ namespace: [name] }, { signal: context.interrupted });
      for await (const record of found) {
        records += 1;
        await sink.write(`${JSON.stringify(record)}\n`);
      }
      written.set(name, records);
    }
    const { bytes, sha256 } = await sink.end();
    const after = await inventory(client, context);
    const reason = difference(before.namespaces, written, after.namespaces);
    if (reason !== undefined) throw new CliError("CLI_EXPORT_INCOMPLETE", reason);
    const manifest: ExportManifest = {
      format: 1,
      tenant: before.tenant,
      taken: before.time,
      service: { version: before.version },
      file: basename(file),
      compression: compressionOf(file),
      bytes,
      sha256,
      records: [...written.values()].reduce((sum, records) => sum + records, 0),
      namespaces: before.namespaces.map(({ name, records, oldest, newest }) => ({
        name,
        records,
        oldest,
        newest,
      })),
    };
    await rename(part, file);
    await writeFile(manifestOf(file), `${JSON.stringify(manifest, null, 2)}\n`, {
      flag: "wx",
      mode: 0o600,
      flush: true,
    });
    await syncFolder(file);
    context.say(
      `${counted(manifest.records, "record")} of ${counted(written.size, "namespace")} of ${harmlessLine(before.tenant)} in ${file}, ${bytes} bytes, as many as the service holds`,
    );
    await context.out.write(`${sha256}  ${file}\n`);
    return EXIT.ok;
  } finally {
    sink.close();
    await rm(part, { force: true });
  }
}

async function inventory(client: NeuralLogClient, { interrupted: signal }: Context) {
  const stats = await client.stats({ signal });
  if (typeof stats.tenant !== "string" || typeof stats.time !== "string")
    throw new CliError("CLI_EXPORT_INCOMPLETE", "the log service is too old to say whose it is");
  if (!stats.everything) {
    throw new CliError(
      "CLI_EXPORT_INCOMPLETE",
      "this key does not reach everything: take one with the role admin and without namespaces",
    );
  }
  if (stats.namespaces === null)
    throw new CliError("CLI_EXPORT_INCOMPLETE", "the service cannot ask its store what it holds");
  // What both the store and the archive have is one record: only a count tells how many there are.
  const isArchived = stats.archive !== undefined && stats.archive !== null;
  const namespaces: Holding[] = [];
  for (const { name, records, oldest, newest } of stats.namespaces) {
    const held = isArchived ? await countOf(client, name, signal) : records;
    namespaces.push({ name, records: held, oldest, newest });
  }
  return { ...stats, namespaces };
}

type Holding = Pick<NamespaceStats, "name" | "records" | "oldest" | "newest">;

async function countOf(
  client: NeuralLogClient,
  name: string,
  signal: AbortSignal,
): Promise<number> {
  const { count, truncated, warnings } = await client.count({ namespace: [name] }, { signal });
  if (!truncated && warnings === undefined) return count;
  const reason = truncated ? "takes too long to count" : "has an archive that does not answer";
  throw new CliError("CLI_EXPORT_INCOMPLETE", `namespace ${harmlessLine(name)} ${reason}`);
}

/** Where what was written and what the service holds differ; undefined where they are the same. */
export function difference(
  before: readonly Pick<NamespaceStats, "name" | "records">[],
  written: ReadonlyMap<string, number>,
  after: readonly Pick<NamespaceStats, "name" | "records">[],
): string | undefined {
  const then = new Map(before.map(({ name, records }) => [name, records]));
  for (const { name, records } of after) {
    const had = then.get(name);
    if (had === records && written.get(name) === records) continue;
    return `namespace ${harmlessLine(name)} had ${had ?? "no"} records, ${written.get(name) ?? 0} were written, and now it has ${records}: records came or went meanwhile, or clearings are still to be worked off. Close the tenant first (state: retiring), and try again`;
  }
  if (after.length === before.length) return undefined;
  return "a namespace vanished meanwhile: try again";
}

type Compression = ExportManifest["compression"];

const compressionOf = (file: string): Compression =>
  file.endsWith(".gz") ? "gzip" : file.endsWith(".zst") ? "zstd" : "none";

interface Sink {
  write(text: string): Promise<void>;
  /** Everything is on the disk. */
  end(): Promise<{ bytes: number; sha256: string }>;
  close(): void;
}

async function openSink(file: string, compression: Compression): Promise<Sink> {
  const hash = createHash("sha256");
  const hashed = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  // Somebody's logs: for this user alone.
  const disk = createWriteStream(file, { flags: "wx", mode: 0o600, flush: true });
  await once(disk, "open").catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError("CLI_OUTPUT_FILE", `${file} cannot be written: ${reason}`, { cause: error });
  });
  const packer =
    compression === "gzip" ? createGzip() : compression === "zstd" ? createZstdCompress() : hashed;
  if (packer !== hashed) packer.pipe(hashed);
  hashed.pipe(disk);
  const done = finished(disk);
  // Waited for in `end`; until then a full disk must not end the process.
  done.catch(() => {});
  for (const stream of [packer, hashed]) stream.on("error", (error) => disk.destroy(error));
  return {
    write: async (text) => {
      if (disk.errored !== null) await done;
      if (!packer.write(text)) await Promise.race([once(packer, "drain"), done]);
    },
    end: async () => {
      packer.end();
      await done;
      return { bytes: (await stat(file)).size, sha256: hash.digest("hex") };
    },
    close: () => {
      packer.destroy();
      disk.destroy();
    },
  };
}

/** A name that a power cut could take back is none. */
async function syncFolder(file: string): Promise<void> {
  const folder = await open(dirname(resolve(file)));
  await folder.sync().finally(() => folder.close());
}
