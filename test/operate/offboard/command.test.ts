import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { root } from "../../../tools/root.ts";
import { bareEnvironment } from "../../support/environment.ts";

const offboard = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`${root}/operate/cli/offboard.ts`, ...args],
    { encoding: "utf8", env: { ...bareEnvironment, HOME: "/nonexistent" } },
  );
  return { status, stdout, stderr };
};

describe("npm run offboard", () => {
  it("tells how it is used", () => {
    const { status, stdout } = offboard("--help");
    expect([status, stdout]).toEqual([0, expect.stringContaining("--approve <tenant>")]);
  });

  it.each([
    ["without a tenant", []],
    ["with two", ["a", "b"]],
    ["with a path", ["../acme"]],
    ["with a namespace's name", ["acme-org-web"]],
    ["with an organization that is none", ["acme", "--organization", "mcp"]],
    ["with a mode too many", ["acme", "--leftovers", "--organization", "web"]],
    ["with an option that there is not", ["acme", "--force"]],
    ["with a wait that is none", ["acme", "--wait", "soon"]],
    ["as a group without a user", ["acme", "--as-group", "neurallog-platform"]],
  ])("is refused %s, before any cluster is asked", (_, args) => {
    const { status, stderr } = offboard(...args);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/\[usage\]/)]);
  });

  it("says so where there is no kubeconfig", () => {
    const { status, stderr } = offboard("acme", "--approve", "acme");
    expect([status, stderr]).toEqual([2, expect.stringMatching(/\[no-kubeconfig\]/)]);
  });

  it("says so where the log service cannot be asked", () => {
    const { status, stderr } = offboard("acme", "--url", "http://127.0.0.1:1");
    expect([status, stderr]).toEqual([2, expect.stringMatching(/\[offboard-service\]/)]);
  });
});
