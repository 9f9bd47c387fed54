import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

import { runProgram } from "../../tools/process.ts";
import { bareEnvironment } from "../support/environment.ts";

/** A Python that the client is for. */
export interface Python {
  readonly path: string;
  /** As `3.12.1`; a build without the interpreter lock has a `t` behind it. */
  readonly version: string;
}

export const packageFolder = fileURLToPath(new URL("../../apps/client-python", import.meta.url));
export const sources = join(packageFolder, "src");

const OLDEST = [3, 9] as const;
const NAMES = ["python3", ...[9, 10, 11, 12, 13, 14].map((minor) => `python3.${minor}`)].flatMap(
  (name) => [name, `${name}t`],
);
const WHO =
  "import sys, sysconfig; print(sys.version_info[0], sys.version_info[1], sys.version_info[2], 't' if sysconfig.get_config_var('Py_GIL_DISABLED') else '', sep='.')";

/**
 * Every Python from 3.9 on that this machine has, in PATH and with pyenv, one of each minor version, the oldest first.
 * @throws Error saying what to install where there is none.
 */
export async function findPythons(): Promise<readonly Python[]> {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const inPath = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const found = new Map<string, Python>();
  for (const path of [...inPath, ...ofPyenv()].filter(existsSync)) {
    // A shim of pyenv stands for a version that may not be chosen: it fails, and is none.
    const { code, stdout } = await runProgram(path, ["-I", "-c", WHO], {
      env: { ...bareEnvironment },
    });
    const [major = 0, minor = 0, micro = 0, free = ""] = stdout.trim().split(".");
    if (code !== 0 || Number(major) !== OLDEST[0] || Number(minor) < OLDEST[1]) continue;
    const kind = `${minor}${free}`;
    if (!found.has(kind)) found.set(kind, { path, version: `${major}.${minor}.${micro}${free}` });
  }
  if (found.size === 0) {
    throw new Error(
      "The Python client's tests need a Python from 3.9 on, and none is in PATH or with pyenv.\n" +
        "Install one: apt-get install python3 (Debian, Ubuntu), dnf install python3 (Fedora), brew install python3 (macOS).",
    );
  }
  return [...found.values()].toSorted((a, b) =>
    a.version.localeCompare(b.version, "en", { numeric: true }),
  );
}

function ofPyenv(): string[] {
  const folder = join(process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"), "versions");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => join(folder, name, "bin", "python"));
}

/** Nothing of the machine's own settings but PATH, and the package from its sources. */
export const pythonEnvironment: Readonly<Record<string, string>> = {
  ...bareEnvironment,
  PYTHONPATH: sources,
  PYTHONDONTWRITEBYTECODE: "1",
  PYTHONUTF8: "1",
};
