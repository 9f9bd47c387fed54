import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { complete, type Entry } from "./entries.ts";

export interface Blob {
  readonly digest: string;
  readonly content: Buffer;
}

export interface Layer extends Blob {
  /** What `docker history` shows for it. */
  readonly title: string;
  /** Digest of the tar before compression. */
  readonly diffId: string;
}

export function blob(content: Buffer | string): Blob {
  const bytes = Buffer.from(content);
  return { content: bytes, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` };
}

// One moment and one owner for everything: the same files make the same bytes on any day, by any user.
const mtime = new Date(0);

/** A tar whose bytes depend on nothing but its entries. */
export async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  const bytes = buffer(archive);
  for (const entry of complete(entries)) {
    const owner = entry.type === "directory" ? (entry.owner ?? 0) : 0;
    const header = { name: entry.path, mtime, uid: owner, gid: owner, uname: "", gname: "" };
    if (entry.type === "directory")
      archive.entry({ ...header, type: "directory", mode: entry.mode });
    else if (entry.type === "symlink") {
      archive.entry({ ...header, type: "symlink", mode: 0o777, linkname: entry.target });
    } else archive.entry({ ...header, type: "file", mode: entry.mode }, entry.content);
  }
  archive.finalize();
  return bytes;
}

/** gzip, which every registry and runtime reads. Node's own zlib, so the pinned Node pins the bytes. */
function compress(bytes: Buffer): Buffer {
  const compressed = gzipSync(bytes, { level: 6 });
  // The header names the system that compressed; 255 is 'unknown'.
  compressed[9] = 255;
  return compressed;
}

export async function layer(title: string, entries: readonly Entry[]): Promise<Layer> {
  const plain = await tar(entries);
  return { title, diffId: blob(plain).digest, ...blob(compress(plain)) };
}
