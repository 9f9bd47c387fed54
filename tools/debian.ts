import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { onPath, type Machine } from "./machine.ts";
import { runProgram } from "./process.ts";
import { ToolError } from "./say.ts";

export interface Apt {
  get: string;
  deb: string;
}

/** The tools of a Debian, Ubuntu or the like, whose packages can be had without installing them. */
export function aptOf(machine: Machine): Apt | undefined {
  const [get] = onPath("apt-get", machine.path);
  const [deb] = onPath("dpkg-deb", machine.path);
  return get === undefined || deb === undefined ? undefined : { get, deb };
}

/** Names what a package was built for: `debian-12-x64`. */
export function releaseName(): string {
  const file = "/etc/os-release";
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const field = (name: string): string =>
    new RegExp(`^${name}="?([\\w.-]+)`, "m").exec(text)?.[1] ?? "unknown";
  return `${field("ID")}-${field("VERSION_ID")}-${process.arch}`;
}

export function aptGet(tools: Apt, args: string[], cwd: string): ReturnType<typeof runProgram> {
  // Root's apt drops to a user who can't write into our folder, and says so in a warning each time.
  const common = ["-q", "-o", "APT::Sandbox::User=root"];
  return runProgram(tools.get, [...common, ...args], {
    cwd,
    env: { ...process.env, LC_ALL: "C" },
  });
}

/** Lists of packages in a folder of ours: the system's may be missing or old, and only root may renew them. */
export function ownLists(work: string): string[] {
  for (const folder of ["lists/partial", "archives/partial"]) {
    mkdirSync(join(work, "apt", folder), { recursive: true });
  }
  const lists = `Dir::State::Lists=${join(work, "apt", "lists")}`;
  return ["-o", lists, "-o", `Dir::Cache=${join(work, "apt")}`];
}

/** Unpacks every package that was downloaded into `work` below `work`/root. */
export async function unpackAll(tools: Apt, work: string): Promise<void> {
  for (const file of await readdir(work)) {
    if (!file.endsWith(".deb")) continue;
    const unpack = await runProgram(tools.deb, ["-x", join(work, file), join(work, "root")]);
    if (unpack.code !== 0) throw new ToolError(`${file} could not be unpacked: ${unpack.stderr}`);
  }
}

/**
 * Downloads packages, with what of their dependencies this system lacks, and unpacks them into one
 * folder. Nothing is installed, no service is started, no system file changes; apt checks the
 * packages by the distribution's signatures.
 * @param folder where they go; what stood there is replaced
 * @throws ToolError with what apt said
 */
export async function unpackPackages(
  machine: Machine,
  tools: Apt,
  names: readonly string[],
  folder: string,
): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(join(dirname(folder), `.${basename(folder)}-`));
  try {
    await download(machine, tools, names, work);
    await unpackAll(tools, work);
    await rm(folder, { recursive: true, force: true });
    // Only whole copies ever stand under the final name.
    renameSync(join(work, "root"), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(
  machine: Machine,
  tools: Apt,
  names: readonly string[],
  work: string,
): Promise<void> {
  let said = "";
  machine.say(`downloading ${names.join(", ")} (unpacked only, not installed) ...`);
  for (const options of [[], ownLists(work)]) {
    if (options.length > 0) {
      machine.say("asking the distribution for its list of packages ...");
      const update = await aptGet(tools, [...options, "update"], work);
      if (update.code !== 0) said += update.stderr;
    }
    const install = ["-s", "install", "--no-install-recommends", ...names];
    const plan = await aptGet(tools, [...options, ...install], work);
    said += plan.stderr;
    if (plan.code !== 0) continue;
    // Not `Inst name [version]`, an upgrade: another C library beside the system's loader would start nothing.
    const lacking = [...plan.stdout.matchAll(/^Inst (\S+) \(/gm)].map(([, name = ""]) => name);
    // What is installed already, and hidden from our PATH, is no `Inst`.
    const all = [...new Set([...names, ...lacking])];
    const fetched = await aptGet(tools, [...options, "download", ...all], work);
    if (fetched.code === 0) return;
    said += fetched.stderr;
  }
  throw new ToolError(`apt could not fetch ${names.join(", ")}:\n${said.trim()}`);
}
