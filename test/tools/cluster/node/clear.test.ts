import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { CLEAR, clear, clearing } from "../../../../tools/cluster/node/clear.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-clear-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (...path: string[]) => join(folder, ...path);

describe("clearing away what a run left", () => {
  test("takes groups within groups, and folders with all that is in them", async () => {
    mkdirSync(at("group", "kubepods", "pod"), { recursive: true });
    mkdirSync(at("state", "containerd"), { recursive: true });
    writeFileSync(at("state", "containerd", "meta.db"), "");
    const traces = { folders: [at("state")], mountPoints: [], cgroups: [at("group"), at("none")] };
    expect(await clear(traces)).toEqual([]);
    expect(existsSync(at("group")) || existsSync(at("state"))).toBe(false);
  });

  test("leaves a mount point that others use by now", async () => {
    mkdirSync(at("used"));
    writeFileSync(at("used", "theirs"), "");
    mkdirSync(at("empty"));
    await clear({ folders: [], mountPoints: [at("used"), at("empty")], cgroups: [] });
    expect(existsSync(at("used", "theirs"))).toBe(true);
    expect(existsSync(at("empty"))).toBe(false);
  });

  test("leaves mount points while another run is there, whose mounts would go with them", async () => {
    mkdirSync(at("empty"));
    mkdirSync(at("neurallog-node-other"));
    const cgroups = [at("neurallog-node-own")];
    await clear({ folders: [], mountPoints: [at("empty")], cgroups });
    expect(existsSync(at("empty"))).toBe(true);
  });

  test("waits for a group that is still in use, and takes it then", () => {
    // A file stands for a process: rmdir refuses while it is there.
    mkdirSync(at("group"));
    writeFileSync(at("group", "process"), "");
    const args = clearing({ folders: [], mountPoints: [], cgroups: [at("group")] });
    const script = `(sleep 0.5; rm "${at("group", "process")}") & ${CLEAR}`;
    execFileSync("/bin/sh", ["-c", script, "clear", ...args]);
    expect(existsSync(at("group"))).toBe(false);
  });
});
