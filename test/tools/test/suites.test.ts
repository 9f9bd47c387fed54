import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { root } from "../../../tools/root.ts";

let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "suites-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A suite that says in the file of counts what it found, after `first`. */
function suite(name: string, counts: object, first = ""): string {
  const file = join(folder, `${name}.mjs`);
  const told = `writeFileSync(process.env.NEURALLOG_TEST_COUNTS, ${JSON.stringify(JSON.stringify(counts))});`;
  const mark = `writeFileSync(${JSON.stringify(join(folder, `${name}.begun`))}, "");`;
  writeFileSync(file, `import { writeFileSync } from "node:fs"; ${mark} ${first} ${told}`);
  return file;
}

const begun = (name: string): boolean => existsSync(join(folder, `${name}.begun`));

function start(suites: Record<string, string>) {
  const script = `
    import { runSuites } from ${JSON.stringify(join(root, "tools/test/suites.ts"))};
    console.log(JSON.stringify(await runSuites(${JSON.stringify(suites)})));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")));
  const counts = once(child, "close").then((): unknown => JSON.parse(out));
  return { child, counts };
}

const passed = { passed: 2, failed: 0, skipped: 0 };

it("a suite that failed keeps no other from running, and all are counted together", async () => {
  const { counts } = start({
    one: suite("one", { passed: 1, failed: 3, skipped: 1 }),
    two: suite("two", passed),
  });
  expect(await counts).toEqual({ passed: 3, failed: 3, skipped: 1 });
});

it("a suite that ends with an error has a failure, also when it told of none", async () => {
  const late = suite("late", passed, `process.on("exit", () => (process.exitCode = 4));`);
  expect(await start({ late }).counts).toEqual({ passed: 2, failed: 1, skipped: 0 });
});

it.each(["SIGTERM", "SIGINT"] as const)(
  "after %s the suite that runs is told, and no other is begun, nor counts as passed",
  async (signal) => {
    const { child, counts } = start({
      waits: suite("waits", passed, "await new Promise((done) => setTimeout(done, 60_000));"),
      next: suite("next", passed),
    });
    await expect.poll(() => begun("waits")).toBe(true);
    child.kill(signal);
    expect(await counts).toEqual({ passed: 0, failed: 2, skipped: 0 });
    expect(begun("next")).toBe(false);
  },
);
