import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, test } from "vitest";

import { runProgram } from "../../tools/process.ts";
import { certificate } from "./certificate.ts";
import { findPythons, pythonEnvironment } from "./pythons.ts";

const suite = fileURLToPath(new URL("suite", import.meta.url));
const pythons = await findPythons();
const place = mkdtempSync(join(tmpdir(), "neurallog-python-"));
let env: Record<string, string>;
beforeAll(async () => {
  env = { ...pythonEnvironment, ...(await certificate(place)) };
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

const modules = readdirSync(suite).filter((name) => name.startsWith("test_"));
const runs = pythons.flatMap((python) => modules.map((module) => ({ ...python, module })));

// Beside each other: most of it is waiting for servers that are slow on purpose.
describe.concurrent("the Python client's own suite", () => {
  test.for(runs)("$module passes with Python $version", async ({ path, module }, { expect }) => {
    const args = ["-W", "error", "-m", "unittest", "discover", "-s", suite, "-p", module];
    const { code, stderr } = await runProgram(path, args, { env });
    expect(code, `${stderr}`).toBe(0);
    expect(stderr).toMatch(/^Ran \d+ tests in /m);
    expect(stderr).not.toContain("Ran 0 tests");
  });
});
