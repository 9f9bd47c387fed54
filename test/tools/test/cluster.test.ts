import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { onPath } from "../../../tools/machine.ts";
import { root } from "../../../tools/root.ts";
import { closeWith, COUNTS_FILE, toldIn } from "../../../tools/test/close.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-suites-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("the suites beside a control plane, on a machine without Go", () => {
  const run = (env: NodeJS.ProcessEnv = {}) => {
    // What makes an enclosure, and no cache: neither Go nor anything that it built.
    const bin = join(folder, "bin");
    mkdirSync(bin);
    for (const name of ["setpriv", "unshare", "true"]) {
      const [found] = onPath(name, process.env["PATH"] ?? "");
      if (found !== undefined) symlinkSync(found, join(bin, name));
    }
    const machine = { PATH: bin, XDG_CACHE_HOME: folder };
    const { HOME, TMPDIR } = process.env;
    return spawnSync(process.execPath, [join(root, "tools/test/cluster.ts")], {
      cwd: root,
      encoding: "utf8",
      env: { HOME, TMPDIR, ...machine, ...env },
    });
  };

  it("are said to be skipped, are counted so, and fail nothing", () => {
    const { status, stdout, stderr } = run();
    expect(stderr).toContain("SKIPPED the suites beside a control plane");
    expect(stdout.trim().split("\n").at(-1)).toMatch(/^0 passed, 0 failed, [1-9]\d* skipped$/);
    expect(status).toBe(0);
  });

  it("tell their counts to who sums them up, and print no closing line of their own", () => {
    const file = join(folder, "counts.json");
    const { stdout } = run({ [COUNTS_FILE]: file });
    expect(stdout).not.toContain("passed");
    expect(toldIn(file)).toMatchObject({ passed: 0, failed: 0 });
    expect(toldIn(file).skipped).toBeGreaterThan(0);
  });
});

describe("what a suite told", () => {
  it("is one failure where it ended before it could tell anything", () => {
    expect(toldIn(join(folder, "none"))).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it("is one failure where it was killed while it wrote", () => {
    const file = join(folder, "half");
    writeFileSync(file, '{"passed": 3');
    expect(toldIn(file)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it("is what it closed with", () => {
    const file = join(folder, "whole");
    process.env[COUNTS_FILE] = file;
    try {
      closeWith({ passed: 3, failed: 2, skipped: 1 });
    } finally {
      delete process.env[COUNTS_FILE];
    }
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ passed: 3, failed: 2, skipped: 1 });
    expect(toldIn(file)).toEqual({ passed: 3, failed: 2, skipped: 1 });
  });
});
