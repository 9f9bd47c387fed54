import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, renameSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Machine } from "../machine.ts";
import { runProgram } from "../process.ts";
import { goPlatform, pinnedVersion, pins, type ManifestTool } from "./pins.ts";

/** Where archives come from and what they must be; tests bring a server of their own. */
export interface ReleaseSource {
  host: string;
  /** The archive's SHA-256 in hexadecimal; undefined when none is published for the platform. */
  sum: (tool: ManifestTool) => string | undefined;
}

export const officialReleases: ReleaseSource = {
  host: "https://github.com",
  sum: (tool) => pins[tool].sums[goPlatform()],
};

/** Both archives are under 10 MB; an endless answer must not fill the memory. */
const largestArchive = 64 * 1024 * 1024;
/** For the whole download, on a slow line. */
const patienceMs = 5 * 60_000;

export function downloadFolder(machine: Machine, tool: ManifestTool): string {
  return join(machine.cache, "tools", `${tool}-${pinnedVersion(tool)}-${goPlatform()}`);
}

/**
 * Downloads the official release archive, unpacks it only if its SHA-256 is the pinned one.
 * @returns why it could not be done; undefined when it was
 */
export async function downloadRelease(
  machine: Machine,
  tool: ManifestTool,
  source: ReleaseSource,
): Promise<string | undefined> {
  const version = pinnedVersion(tool);
  const wanted = source.sum(tool);
  if (wanted === undefined) return `there is no release archive for ${goPlatform()}`;
  const url = `${source.host}/${pins[tool].archive(version, goPlatform())}`;
  machine.say(`downloading ${tool} ${version} ...`);
  const archive = await download(url);
  if (typeof archive === "string") return `${url}: ${archive}`;
  const sum = createHash("sha256").update(archive).digest("hex");
  if (sum !== wanted) {
    return `${url} has the SHA-256 ${sum} instead of ${wanted}: it is not what was released`;
  }
  return await unpack(machine, tool, archive);
}

/** The bytes, or what went wrong. */
async function download(url: string): Promise<Buffer | string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
    if (!response.ok || !response.body) return `HTTP status ${response.status}`;
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of response.body) {
      parts.push(part);
      length += part.byteLength;
      if (length > largestArchive) return `more than ${largestArchive} bytes`;
    }
    return Buffer.concat(parts);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // fetch hides the reason ("getaddrinfo ENOTFOUND …") in its cause.
    return error.cause instanceof Error ? error.cause.message : error.message;
  }
}

async function unpack(
  machine: Machine,
  tool: ManifestTool,
  archive: Buffer,
): Promise<string | undefined> {
  mkdirSync(join(machine.cache, "tools"), { recursive: true });
  const work = mkdtempSync(join(machine.cache, "tools", ".download-"));
  try {
    await writeFile(join(work, "archive.tar.gz"), archive);
    mkdirSync(join(work, "out"));
    const args = ["-xzf", join(work, "archive.tar.gz"), "-C", join(work, "out"), tool];
    const untar = await runProgram("tar", args);
    if (untar.code !== 0) return `tar could not unpack it: ${untar.stderr.trim()}`;
    chmodSync(join(work, "out", tool), 0o755);
    await rm(downloadFolder(machine, tool), { recursive: true, force: true });
    renameSync(join(work, "out"), downloadFolder(machine, tool));
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
