import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { extract, type Header } from "tar-stream";

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface Config {
  readonly config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd: readonly string[];
    readonly WorkingDir: string;
  };
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

export interface TarFile {
  readonly header: Header;
  readonly content: Buffer;
}

export const sha256 = (bytes: Buffer) =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** The entries of a tar, in its order. */
export async function tarFiles(bytes: Buffer): Promise<TarFile[]> {
  const files: TarFile[] = [];
  const reader = extract();
  reader.end(bytes);
  for await (const entry of reader)
    files.push({ header: entry.header, content: await buffer(entry) });
  return files;
}

export interface Layout {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly manifestDescriptor: Descriptor;
  readonly manifest: Manifest;
  readonly config: Config;
  /** Each layer's tar, uncompressed. */
  readonly layers: readonly Buffer[];
}

/** Reads an OCI layout as a runtime does: index, manifest, config, layers. */
export async function readLayout(archive: Buffer): Promise<Layout> {
  const files = new Map(
    (await tarFiles(archive)).map(({ header, content }) => [header.name, content]),
  );
  const text = (path: string) => files.get(path)?.toString("utf8") ?? "null";
  const blob = (digest: string) => `blobs/${digest.replace(":", "/")}`;
  const index: { manifests: Descriptor[] } = JSON.parse(text("index.json"));
  const [manifestDescriptor] = index.manifests;
  if (manifestDescriptor === undefined) throw new Error("the index names no manifest");
  const manifest: Manifest = JSON.parse(text(blob(manifestDescriptor.digest)));
  const config: Config = JSON.parse(text(blob(manifest.config.digest)));
  const layers = manifest.layers.map(({ digest }) =>
    gunzipSync(files.get(blob(digest)) ?? Buffer.alloc(0)),
  );
  return { files, manifestDescriptor, manifest, config, layers };
}

/** Lays the layers over each other in a folder, as a runtime does. */
export function unpack(layout: Layout, folder: string): void {
  for (const layer of layout.layers) {
    execFileSync("tar", ["--extract", "--preserve-permissions", "--directory", folder], {
      input: layer,
    });
  }
}

/**
 * How to run the image's entry point here, and how it sees a path of its own: with its own root where that is allowed,
 * else with its own libraries.
 */
export function runner(root: string, layout: Layout) {
  const { User, Entrypoint, WorkingDir } = layout.config.config;
  const [node = "", main = ""] = Entrypoint;
  if (process.getuid?.() === 0) {
    const command: [string, ...string[]] = [
      "chroot",
      `--userspec=${User}`,
      root,
      node,
      join(WorkingDir, main),
    ];
    return { command, inside: (path: string) => path };
  }
  const folders = ["lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "lib64", "lib"].map((path) =>
    join(root, path),
  );
  const loader = folders
    .flatMap((path) => (existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : []))
    .find((path) => /\/ld-linux[^/]*$/.test(path));
  if (loader === undefined) throw new Error("the image has no loader");
  const command: [string, ...string[]] = [
    loader,
    "--library-path",
    folders.join(":"),
    join(root, node),
    join(root, WorkingDir, main),
  ];
  return { command, inside: (path: string) => join(root, path) };
}
