import { chmodSync, mkdirSync, mkdtempSync, renameSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { aptGet, ownLists, releaseName, unpackAll, type Apt } from "../debian.ts";
import { isProgram, type Machine } from "../machine.ts";
import { ToolError } from "../say.ts";

const servers = ["redis-server", "valkey-server"];

/** Where an unpacked server belongs: a package fits the release and architecture it was built for. */
export function debianFolder(machine: Machine): string {
  return join(machine.cache, "redis", releaseName());
}

/**
 * Downloads the distribution's package with what it depends on and unpacks it into the cache.
 * Nothing is installed: no root is needed, no system service is started, no system file changes.
 * apt checks the packages by the distribution's signatures.
 * @returns the program's path
 * @throws ToolError with what apt said
 */
export async function unpackDebianServer(machine: Machine, tools: Apt): Promise<string> {
  const folder = debianFolder(machine);
  mkdirSync(join(machine.cache, "redis"), { recursive: true });
  const work = mkdtempSync(join(machine.cache, "redis", ".unpack-"));
  try {
    const program = await fetchPackages(machine, tools, work);
    await writeFile(join(work, "root", "server"), launcher(program), { mode: 0o755 });
    chmodSync(join(work, "root", "server"), 0o755);
    await rm(folder, { recursive: true, force: true });
    // Only whole copies ever stand under the final name.
    renameSync(join(work, "root"), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return join(folder, "server");
}

/** Fills `work`/root with the unpacked packages and gives the server's name in its usr/bin. */
async function fetchPackages(machine: Machine, tools: Apt, work: string): Promise<string> {
  let said = "";
  const apt = (options: string[], args: string[]) => aptGet(tools, [...options, ...args], work);
  for (const options of [[], ownLists(work)]) {
    if (options.length > 0) {
      machine.say("asking the distribution for its list of packages ...");
      const update = await apt(options, ["update"]);
      if (update.code !== 0) said += update.stderr;
    }
    for (const server of servers) {
      const plan = await apt(options, ["-s", "install", "--no-install-recommends", server]);
      const packages = [...plan.stdout.matchAll(/^Inst (\S+)/gm)].flatMap(
        (match) => match[1] ?? [],
      );
      if (plan.code !== 0 || packages.length === 0) {
        said += plan.stderr;
        continue;
      }
      machine.say(`downloading ${packages.join(", ")} (unpacked only, not installed) ...`);
      const download = await apt(options, ["download", ...packages]);
      if (download.code === 0) {
        await unpackAll(tools, work);
        const found = servers.find((name) => isProgram(join(work, "root", "usr", "bin", name)));
        if (found) return found;
      }
      said += download.stderr;
    }
  }
  throw new ToolError(`apt could not fetch a Redis server:\n${said.trim()}`);
}

/** A shell script that starts the server with its libraries; `exec` keeps the process id. */
function launcher(program: string): string {
  return `#!/bin/sh
here=$(dirname "$0")
for folder in "$here"/usr/lib/*-linux-*; do
  LD_LIBRARY_PATH="$folder\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
done
export LD_LIBRARY_PATH
exec "$here/usr/bin/${program}" "$@"
`;
}
