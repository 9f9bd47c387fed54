import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { runProgram } from "../../../tools/process.ts";
import { findRedis } from "../../../tools/redis/find.ts";
import { fakeMachine, program } from "../support/fake.ts";

let folder: string;
let machine: ReturnType<typeof fakeMachine>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-find-"));
  machine = fakeMachine(folder);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** apt-get and dpkg-deb of a distribution with this version of Redis. */
function fakeApt(version: string): void {
  program(
    join(folder, "bin", "apt-get"),
    "",
    `echo "$@" >> '${join(folder, "calls")}'
     case "$*" in
       *"-s install"*) echo 'Inst libfoo1 (1.0 Distro [amd64])'; echo 'Inst redis-server (7 Distro [amd64])';;
       *download*) : > libfoo1_1.deb; : > redis-server_7.deb;;
     esac`,
  );
  program(
    join(folder, "bin", "dpkg-deb"),
    "",
    `/bin/mkdir -p "$3/usr/bin" "$3/usr/lib/some-linux-gnu"
     { echo '#!/bin/sh'; echo 'echo "Redis server v=${version} sha=0 $LD_LIBRARY_PATH $*"'; } > "$3/usr/bin/redis-server"
     /bin/chmod 755 "$3/usr/bin/redis-server"`,
  );
}

function calls(): string[] {
  return readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
}

describe("the finder of a Redis server", () => {
  test("takes redis-server from PATH", async () => {
    const path = program(join(folder, "bin", "redis-server"), "Redis server v=7.2.5 sha=0:0");
    expect(await findRedis(machine)).toEqual({ path, version: "7.2.5" });
  });

  test("takes valkey-server from PATH", async () => {
    const path = program(join(folder, "bin", "valkey-server"), "Valkey server v=8.1.4 sha=0:0");
    expect(await findRedis(machine)).toEqual({ path, version: "8.1.4" });
  });

  test("passes over a server that is too old for a newer one behind it", async () => {
    program(join(folder, "bin", "redis-server"), "Redis server v=6.0.16 sha=0:0");
    const path = program(join(folder, "other", "redis-server"), "Redis server v=7.0.15 sha=0:0");
    machine.path = [machine.path, join(folder, "other")].join(delimiter);
    expect(await findRedis(machine)).toEqual({ path, version: "7.0.15" });
  });

  test("unpacks the distribution's package without installing it", async () => {
    fakeApt("7.0.15");
    const { path, version } = await findRedis(machine);
    expect(version).toBe("7.0.15");
    expect(path.startsWith(machine.cache)).toBe(true);
    expect(calls().some((call) => / -s install /.test(call))).toBe(true);
    // Nothing but the simulation installs anything.
    expect(calls().filter((call) => call.includes("install") && !call.includes("-s "))).toEqual([]);
  });

  test("starts the unpacked server with its own libraries", async () => {
    fakeApt("7.0.15");
    const { path } = await findRedis(machine);
    const { stdout } = await runProgram(path, ["some.conf"]);
    expect(stdout).toContain("/usr/lib/some-linux-gnu");
    expect(stdout).toContain("some.conf");
  });

  test("fetches once for many callers at the same time and leaves no scraps", async () => {
    fakeApt("7.0.15");
    const found = await Promise.all([1, 2, 3].map(() => findRedis(machine)));
    expect(new Set(found.map(({ path }) => path)).size).toBe(1);
    expect(calls().filter((call) => call.includes("download"))).toHaveLength(1);
    expect(readdirSync(machine.cache)).toEqual(["redis"]);
    expect(readdirSync(join(machine.cache, "redis"))).toHaveLength(1);
  });

  test("asks for the list of packages when the system's own does not help", async () => {
    program(join(folder, "bin", "dpkg-deb"), "");
    const log = join(folder, "calls");
    program(
      join(folder, "bin", "apt-get"),
      "",
      `echo "$@" >> '${log}'; echo 'no network' >&2; exit 1`,
    );
    await expect(findRedis(machine)).rejects.toThrow(/no network/);
    expect(
      calls().some((call) => call.includes("Dir::State::Lists=") && call.endsWith("update")),
    ).toBe(true);
    expect(readdirSync(join(machine.cache, "redis"))).toEqual([]);
  });

  test("says what it saw when the distribution's package is too old", async () => {
    fakeApt("6.0.16");
    await expect(findRedis(machine)).rejects.toThrow(/the distribution's package is 6\.0\.16/);
  });

  test.each([
    ["brew", "brew install redis"],
    ["dnf", "sudo dnf install valkey"],
    ["apk", "sudo apk add valkey"],
  ])("with %s it says what to type there", async (manager, line) => {
    program(join(folder, "bin", manager), "");
    await expect(findRedis(machine)).rejects.toThrow(`Install one, then try again: ${line}`);
  });
});
