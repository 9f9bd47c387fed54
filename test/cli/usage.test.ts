import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { run } from "./run.ts";

describe("the command line without a service", () => {
  it.each([
    ["no command", []],
    ["an unknown command", ["delete"]],
    ["an unknown option", ["search", "--colour"]],
    ["a limit that is no number", ["search", "--limit", "all"]],
    ["an order that does not exist", ["search", "--order", "up"]],
    ["metadata without a value", ["search", "--metadata", "user"]],
    ["metadata that names a path twice", ["search", "-m", "a=1", "-m", "a=2"]],
    ["a zone that does not exist", ["log", "--zone", "Mars/Base", "x"]],
    ["a format that does not exist", ["log", "--format", "xml"]],
    ["a file that is not there", ["log", "--file", "/nowhere/a.log"]],
    ["a folder as a file", ["log", "--file", "/"]],
    ["a message and a file", ["log", "hello", "--file", "a.log"]],
    ["a tenant id that leads elsewhere", ["--tenant", "../../etc", "search"]],
    ["an address that is none", ["--url", "logs.example", "search"]],
  ])("ends with 2 for %s", async (_, args) => {
    const ended = await run(args);
    expect(ended).toMatchObject({ exit: 2, out: "" });
    expect(ended.err).not.toContain("    at ");
  });

  it("attack: takes no key as an argument, where every user of the machine could read it", async () => {
    expect((await run(["--key", "nlk_x", "search"])).exit).toBe(2);
  });

  it("runs by its name, as an installed package has it", () => {
    const bin = fileURLToPath(new URL("../../apps/cli/bin/neurallog.mjs", import.meta.url));
    expect(execFileSync(process.execPath, [bin, "--help"], { encoding: "utf8" })).toContain(
      "Usage: neurallog",
    );
  });

  it("ends with 0 for help, which lists the exit codes", async () => {
    const { exit, out } = await run(["--help"]);
    expect(exit).toBe(0);
    expect(out).toContain("130  Ctrl-C");
  });

  it("ends with 3 when nobody listens, and says what it tried", async () => {
    const { exit, err } = await run(["search", "--url", "http://127.0.0.1:2"]);
    expect(exit).toBe(3);
    expect(err).toContain("http://127.0.0.1:2");
  });

  it("shows what it would send, and sends nothing, with --dry-run", async () => {
    const ended = await run(
      ["log", "--dry-run", "--source", "shop", "--tag", "a", "-m", "run=7"],
      {},
      "2024-01-02T03:04:05Z WARN slow\n",
    );
    expect(JSON.parse(ended.out)).toEqual({
      message: "slow",
      level: "WARN",
      timestamp: "2024-01-02T03:04:05Z",
      source: "shop",
      tags: ["a"],
      metadata: { run: "7" },
    });
    expect(ended.exit).toBe(0);
  });

  it("states the year and the zone that it assumed", async () => {
    const { err } = await run(
      ["log", "--dry-run", "--zone", "+02:00"],
      {},
      "Jun 14 15:16:01 box sshd[1]: x\n",
    );
    expect(err).toContain("name no zone; taken as +02:00 (--zone)");
    expect(err).toContain("name no year; taken as the latest year that is not after");
  });
});
