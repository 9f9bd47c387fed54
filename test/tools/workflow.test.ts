import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

import { root } from "../../tools/root.ts";

const schema = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      permissions: z.undefined().optional(),
      steps: z.array(z.object({ uses: z.string().optional(), run: z.string().optional() })),
    }),
  ),
});

const workflow = schema.parse(parse(readFileSync(join(root, ".github/workflows/ci.yml"), "utf8")));
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
const scripts = steps.flatMap(({ run }) => run ?? []);

describe("the workflow for pull requests", () => {
  test("runs the tests and the verification", () => {
    expect(scripts.map((script) => script.split(" -- ")[0])).toEqual([
      "npm test",
      "npm run verify",
    ]);
  });

  test("may only read the repository", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
  });

  test("takes each action at an exact version", () => {
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions).not.toEqual([]);
    for (const action of actions) expect(action).toMatch(/^actions\/[\w-]+@v\d+\.\d+\.\d+$/);
  });

  test("a branch's name never becomes part of a script", () => {
    for (const script of scripts) expect(script).not.toContain("${{");
  });
});
