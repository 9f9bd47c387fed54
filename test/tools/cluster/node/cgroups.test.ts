import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { hierarchiesOf, makeCgroups } from "../../../../tools/cluster/node/cgroups.ts";

const first = ["cpu", "cpuacct", "cpuset", "memory", "pids"].map(
  (name) => `cgroup /sys/fs/cgroup/${name} cgroup rw,relatime,${name} 0 0`,
);
const second = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec 0 0";

describe("where control groups are mounted", () => {
  test("is one tree on a machine with v2", () => {
    expect(hierarchiesOf(`proc /proc proc rw 0 0\n${second}\n`)).toEqual({
      version: 2,
      folders: ["/sys/fs/cgroup"],
    });
  });

  test("is a tree for each controller on a machine with v1", () => {
    const { version, folders } = hierarchiesOf(first.join("\n"));
    expect({ version, count: folders.length }).toEqual({ version: 1, count: 5 });
  });

  test("has the v2 tree beside v1, in which the runtime makes groups too", () => {
    const unified = "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0";
    const { version, folders } = hierarchiesOf([...first, unified].join("\n"));
    expect(version).toBe(1);
    expect(folders).toContain("/sys/fs/cgroup/unified");
  });

  test("lacks a controller: which one is said", () => {
    const lacking = first.filter((line) => !line.includes("memory"));
    expect(() => hierarchiesOf(lacking.join("\n"))).toThrow("no cgroup controller memory");
  });

  test("is nowhere", () => {
    expect(() => hierarchiesOf("proc /proc proc rw 0 0")).toThrow("no control groups are mounted");
  });
});

describe("a control group of a run", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "neurallog-cgroups-"));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  test("is not left half made where a controller is not to be had", () => {
    const good = join(folder, "good");
    const bad = join(folder, "bad");
    mkdirSync(good);
    const hierarchies = { version: 1, folders: [good, bad] } as const;
    expect(() => makeCgroups(hierarchies, "run")).toThrow("no control group can be made");
    expect(readdirSync(good)).toEqual([]);
    expect(existsSync(bad)).toBe(false);
  });

  test("asks for controllers that v2 hands on, and says which it lacks", () => {
    writeFileSync(join(folder, "cgroup.controllers"), "cpu memory\n");
    expect(() => makeCgroups({ version: 2, folders: [folder] }, "run")).toThrow("cpuset, pids");
  });
});
