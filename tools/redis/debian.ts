import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { isProgram, onPath, type Machine } from "../machine.ts";
import { runProgram } from "../process.ts";
import { ToolError } from "../say.ts";

const servers = ["redis-server", "valkey-server"];

interface Apt {
  get: string;
  deb: string;
}

/** The tools of a Debian, Ubuntu or the like, whose packages can be had without installing them. */
export function aptOf(machine: Machine): Apt | undefined {
  const [get] = onPath("apt-get", machine.path);
  const [deb] = onPath("dpkg-deb", machine.path);
  return get === undefined || deb === undefined ? undefined : { get, deb };
}

/** Where an unpacked server belongs: a package fits the release and architecture it was built for. */
export function debianFolder(machine: Machine): string {
  return join(machine.cache, "redis", `${release()}-${process.arch}`);
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

function aptGet(tools: Apt, args: string[], cwd: string): ReturnType<typeof runProgram> {
  // Root's apt drops to a user who can't write into our folder, and says so in a warning each time.
  const common = ["-q", "-o", "APT::Sandbox::User=root"];
  return runProgram(tools.get, [...common, ...args], {
    cwd,
    env: { ...process.env, LC_ALL: "C" },
  });
}

/** Lists of packages in a folder of ours: the system's may be missing or old, and only root may renew them. */
function ownLists(work: string): string[] {
  for (const folder of ["lists/partial", "archives/partial"]) {
    mkdirSync(join(work, "apt", folder), { recursive: true });
  }
  const lists = `Dir::State::Lists=${join(work, "apt", "lists")}`;
  return ["-o", lists, "-o", `Dir::Cache=${join(work, "apt")}`];
}

async function unpackAll(tools: Apt, work: string): Promise<void> {
  for (const file of await readdir(work)) {
    if (!file.endsWith(".deb")) continue;
    const unpack = await runProgram(tools.deb, ["-x", join(work, file), join(work, "root")]);
    if (unpack.code !== 0) throw new ToolError(`${file} could not be unpacked: ${unpack.stderr}`);
  }
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

function release(): string {
  const file = "/etc/os-release";
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const field = (name: string): string =>
    new RegExp(`^${name}="?([\\w.-]+)`, "m").exec(text)?.[1] ?? "unknown";
  return `${field("ID")}-${field("VERSION_ID")}`;
}
