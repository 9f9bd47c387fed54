import { join } from "node:path";

import { withLock } from "../lock.mjs";
import { isProgram, onPath, thisMachine, type Machine } from "../machine.ts";
import { runProgram } from "../process.ts";
import { ToolError } from "../say.ts";
import { buildFolder, buildWithGo } from "./build.ts";
import {
  downloadFolder,
  downloadRelease,
  officialReleases,
  type ReleaseSource,
} from "./download.ts";
import { pinnedVersion, pins, type ManifestTool } from "./pins.ts";

export type { ManifestTool } from "./pins.ts";

/**
 * Finds a tool of exactly the pinned version, since kustomize renders differently from one patch
 * release to the next: on PATH, else built with Go, else from the official release archive.
 * Builds and downloads are kept in the user's cache folder.
 * @returns the program's path
 * @throws ToolError with what to install
 */
export async function findTool(
  tool: ManifestTool,
  machine: Machine = thisMachine(),
  releases: ReleaseSource = officialReleases,
): Promise<string> {
  const here = (await onPathOf(tool, machine)) ?? fromCache(tool, machine);
  if (here !== undefined) return here;
  // One process builds or downloads; the others wait and find what it made.
  return await withLock(
    join(machine.cache, "tools.lock"),
    async () => fromCache(tool, machine) ?? (await get(tool, machine, releases)),
    (pid) => machine.say(`waiting for process ${pid}, which gets ${tool} ...`),
  );
}

/** Both tools, one after the other: each may have to be built first. */
export async function findTools(): Promise<Record<ManifestTool, string>> {
  return { kustomize: await findTool("kustomize"), kubeconform: await findTool("kubeconform") };
}

async function onPathOf(tool: ManifestTool, machine: Machine): Promise<string | undefined> {
  for (const path of onPath(tool, machine.path)) {
    const { code, stdout } = await runProgram(path, pins[tool].versionArgs);
    if (code === 0 && stdout.trim() === pinnedVersion(tool)) return path;
  }
  return undefined;
}

/** Only whole tools ever stand in these folders, so that their presence is proof enough. */
function fromCache(tool: ManifestTool, machine: Machine): string | undefined {
  return [buildFolder(machine), downloadFolder(machine, tool)]
    .map((folder) => join(folder, tool))
    .find(isProgram);
}

async function get(tool: ManifestTool, machine: Machine, releases: ReleaseSource): Promise<string> {
  const version = pinnedVersion(tool);
  const notBuilt = await buildWithGo(machine);
  const notDownloaded =
    notBuilt === undefined ? undefined : await downloadRelease(machine, tool, releases);
  const found = fromCache(tool, machine);
  if (found !== undefined) return found;
  throw new ToolError(
    [
      `${tool} ${version} is needed and could not be got.`,
      `  built: ${notBuilt ?? "it is not among what Go built"}`,
      `  downloaded: ${notDownloaded ?? "not tried"}`,
      `Install Go (https://go.dev/dl) or put ${tool} ${version} on PATH, then try again.`,
    ].join("\n"),
  );
}
