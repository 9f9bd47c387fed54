import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { root as project } from "../../../tools/root.ts";
import { smallRecord, testRepository } from "../support/repository.ts";

function run(...args: string[]) {
  return spawnSync(process.execPath, [`${project}/generator/cli/generate.ts`, ...args], {
    encoding: "utf8",
  });
}

describe("npm run generate", () => {
  it("says how many files it wrote", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a") } });
    expect(run("--root", repository.root).stdout).toMatch(
      /^1 tenant: 4 files written, 0 removed, 0 unchanged, in \d+ ms\n$/,
    );
  });

  it("says so as JSON, too", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a") } });
    const summary: unknown = JSON.parse(run("--root", repository.root, "--format", "json").stdout);
    expect(summary).toMatchObject({
      problems: [],
      tenants: 1,
      written: 4,
      removed: 0,
      unchanged: 0,
    });
  });

  it("prints every error of a broken record and exits with 1", () => {
    using repository = testRepository({
      tenants: { a: smallRecord("a", "nonsense: 1\nstate: sleeping\n") },
    });
    const { stderr, status } = run("--root", repository.root);
    expect(status).toBe(1);
    expect(stderr).toContain("tenants/a.yaml:5:1");
    expect(stderr).toContain("[unknown-key]");
    expect(stderr).toContain("[unknown-value]");
  });

  it("prints errors as JSON, too", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a", "nonsense: 1\n") } });
    const { stdout, status } = run("--root", repository.root, "--format", "json");
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ problems: [{ code: "unknown-key", line: 5 }] });
  });

  it("exits with 2 for a Git ref that is not there", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a") } });
    expect(run("--root", repository.root, "--base", "nowhere").status).toBe(2);
  });

  it.each([["--nonsense"], ["--format=xml"]])("says what is wrong with %s", (argument) => {
    const { stderr, status } = run(argument);
    expect(status).toBe(1);
    expect(stderr).toMatch(/nonsense|xml/);
  });

  it("explains itself", () => {
    expect(run("--help").stdout).toContain("Usage: npm run generate");
  });
});
