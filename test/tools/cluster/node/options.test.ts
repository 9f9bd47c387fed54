import { describe, expect, test } from "vitest";

import { parseNodeOptions } from "../../../../tools/cluster/node/options.ts";

describe("the options of a run on a node", () => {
  test("stand before the words for vitest or the command, whose own they leave alone", () => {
    expect(parseNodeOptions(["--logs", "/tmp/logs", "faults", "-t", "--logs"])).toEqual({
      engine: undefined,
      logs: "/tmp/logs",
      words: ["faults", "-t", "--logs"],
    });
  });

  test("name a policy engine with its arguments", () => {
    const { engine } = parseNodeOptions([
      "--policy-engine",
      process.execPath,
      "--policy-argument",
      "--v=2",
    ]);
    expect(engine).toEqual({ program: process.execPath, args: ["--v=2"] });
  });

  test.each([
    [["--policy-engine", "/nowhere/engine"], "is no program"],
    [["--policy-engine"], "wants a value"],
    [["--policy-enginee", "x"], "usage:"],
    [["--log", "x"], "usage:"],
  ])("refuse %j", (args, why) => {
    expect(() => parseNodeOptions(args)).toThrow(why);
  });
});
