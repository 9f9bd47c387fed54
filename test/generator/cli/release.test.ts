import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { root as project } from "../../../tools/root.ts";
import { smallRecord, testRepository } from "../support/repository.ts";

const release = (root: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`${project}/generator/cli/release.ts`, "--root", root, ...args],
    { encoding: "utf8" },
  );
  return { status, said: `${stdout}${stderr}` };
};

describe("npm run release", () => {
  it("freezes the bases, and says what comes next", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a") } });
    const { status, said } = release(repository.root, "r1");
    expect([status, said]).toEqual([0, expect.stringContaining("--move <cluster> canary r1")]);
    expect(repository.files("bases/r1").has("bases/r1/SHA256SUMS")).toBe(true);
  });

  it("moves a channel, and says what changed", () => {
    using repository = testRepository({ tenants: { a: smallRecord("a") } });
    release(repository.root, "r1");
    const { status, said } = release(repository.root, "--move", "home", "canary", "r1");
    expect([status, said]).toEqual([0, "channels.canary.release: next -> r1\n"]);
    const again = release(repository.root, "--move", "home", "canary", "r1");
    expect(again).toEqual({ status: 0, said: "canary has that already\n" });
  });

  it.each([
    ["no name", []],
    ["two names", ["r1", "r2"]],
    ["a name that is taken", ["next"]],
    ["a channel that there is not", ["--move", "home", "beta", "next"]],
    ["canary without a release", ["--move", "home", "canary"]],
    ["a release that there is not", ["--move", "home", "canary", "r9"]],
    ["an option that there is not", ["--force"]],
  ])("refuses %s", (_, args) => {
    using repository = testRepository({ tenants: { a: smallRecord("a") } });
    const before = [repository.files("bases"), repository.files("overlays")];
    expect(release(repository.root, ...args).status).toBe(2);
    expect([repository.files("bases"), repository.files("overlays")]).toEqual(before);
  });
});
