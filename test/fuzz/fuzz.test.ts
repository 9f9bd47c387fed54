import { describe, expect, test } from "vitest";

import { fuzz, type FuzzTarget } from "./fuzz.ts";
import { loadTargets } from "./load.ts";

/** Enough to catch what a change breaks; `npm run fuzz` goes to a million. */
const INPUTS = 2_000;

const targets = await loadTargets();

test.each(targets.map((target) => [target.name, target] as const))(
  "%s answers hostile bytes with its own error",
  async (_name, target) => {
    const findings = await fuzz(target, { inputs: INPUTS, seed: 7 });
    expect(findings.map(({ index, problem }) => `input ${index}: ${problem}`)).toEqual([]);
  },
);

describe("the harness", () => {
  const target = (run: FuzzTarget["run"]): FuzzTarget => ({
    name: "sample",
    seeds: [Buffer.from("abc")],
    run,
    allows: (error) => error instanceof RangeError,
  });

  test("finds an error that the decoder does not declare", async () => {
    const broken = target((input) => {
      if (input.includes("cc")) throw new TypeError("broken");
      throw new RangeError("declared");
    });
    const findings = await fuzz(broken, { inputs: 5_000, seed: 1 });
    expect(findings[0]?.problem).toContain("broken");
    // The same input comes again when it is asked for alone.
    const only = findings[0]?.index ?? 0;
    const again = await fuzz(broken, { inputs: 0, seed: 1, only });
    expect(again[0]?.input).toEqual(findings[0]?.input);
  });

  test("finds a rejected promise too", async () => {
    const broken = target(async () => {
      throw new TypeError("later");
    });
    expect((await fuzz(broken, { inputs: 3, seed: 1 })).length).toBe(3);
  });
});
