import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { runProgram } from "../../tools/process.ts";
import { bareEnvironment } from "../support/environment.ts";
import { findPythons, packageFolder, type Python } from "./pythons.ts";

const WHEEL = "neurallog-0.1.0-py3-none-any.whl";
const pythons = await findPythons();
const place = mkdtempSync(join(tmpdir(), "neurallog-wheel-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

// Neither an index nor a user's own packages and settings: what is tested is what is here.
const env = {
  ...bareEnvironment,
  HOME: place,
  PIP_NO_INDEX: "1",
  PIP_DISABLE_PIP_VERSION_CHECK: "1",
};

async function run(python: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(python, args, { env, cwd: place });
  expect(code, `${args.join(" ")}\n${stdout}${stderr}`).toBe(0);
  return stdout.trim();
}

async function build({ path, version }: Python): Promise<string> {
  const folder = join(place, `by-${version}`);
  await run(path, "-W", "error", join(packageFolder, "build_wheel.py"), folder);
  return join(folder, WHEEL);
}

/** Debian's Python without python3-venv has no pip for a new environment. */
async function canInstall({ path }: Python): Promise<boolean> {
  return (await runProgram(path, ["-c", "import ensurepip, venv"], { env })).code === 0;
}

test("every Python builds the same bytes, without a network and without tools", async () => {
  const built = await Promise.all(pythons.map(build));
  const [first = ""] = built;
  for (const wheel of built) expect(readFileSync(wheel).equals(readFileSync(first))).toBe(true);
});

test.for(pythons)(
  "the wheel is imported as it is by Python $version, with its type hints and facts",
  async (python) => {
    const wheel = await build(python);
    const text = `
import sys, json, zipfile
sys.path.insert(0, sys.argv[1])
import neurallog
from importlib import metadata
names = zipfile.ZipFile(sys.argv[1]).namelist()
facts = metadata.distribution("neurallog").metadata
print(json.dumps({
    "name": facts["Name"], "version": facts["Version"], "requires": facts["Requires-Python"],
    "dependencies": facts.get_all("Requires-Dist"), "license": facts["License-Expression"],
    "same": facts["Version"] == neurallog.__version__, "typed": "neurallog/py.typed" in names,
    "licenses": [name for name in names if name.endswith("LICENSE")],
    "readme": "Logger" in (facts.get_payload() or facts["Description"]),
}))`;
    expect(JSON.parse(await run(python.path, "-I", "-W", "error", "-c", text, wheel))).toEqual({
      name: "neurallog",
      version: "0.1.0",
      requires: ">=3.9",
      dependencies: null,
      license: "Apache-2.0",
      same: true,
      typed: true,
      licenses: ["neurallog-0.1.0.dist-info/licenses/LICENSE"],
      readme: true,
    });
  },
);

// The oldest pip and the newest.
const able: Python[] = [];
for (const python of pythons) if (await canInstall(python)) able.push(python);
const pips = [...new Set([able[0], able.at(-1)])].filter((python) => python !== undefined);

test("there is a Python that can make environments", () => {
  expect(pips.length, "no Python here has venv: apt-get install python3-venv").toBeGreaterThan(0);
});

describe.each(pips)("pip of Python $version, without a network", (python) => {
  const folder = join(place, `venv-${python.version}`);
  const own = join(folder, "bin", "python");
  beforeAll(() => run(python.path, "-m", "venv", folder));

  test("installs the wheel, finds nothing missing, and takes it away again", async () => {
    await run(own, "-m", "pip", "install", "--no-index", await build(python));
    expect(await run(own, "-m", "pip", "check")).toContain("No broken requirements");
    const where = await run(own, "-I", "-c", "import neurallog; print(neurallog.__file__)");
    expect(where.startsWith(folder)).toBe(true);
    await run(own, "-m", "pip", "uninstall", "-y", "neurallog");
    expect(existsSync(where)).toBe(false);
  });

  test("makes the same wheel of the folder, by the backend that pyproject.toml names", async () => {
    const again = join(folder, "again");
    await run(own, "-m", "pip", "wheel", "--no-index", "--no-deps", "-w", again, packageFolder);
    expect(readFileSync(join(again, WHEEL)).equals(readFileSync(await build(python)))).toBe(true);
  });
});

test("the wheel has the version of the workspace", () => {
  const { version } = JSON.parse(
    readFileSync(join(packageFolder, "../client/package.json"), "utf8"),
  );
  expect(WHEEL).toBe(`neurallog-${version}-py3-none-any.whl`);
});
