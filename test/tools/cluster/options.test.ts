import { describe, expect, it } from "vitest";

import { parseOptions } from "../../../tools/cluster/options.ts";
import { readClusterOptions } from "../../../tools/test/cluster-options.ts";
import { noSkips } from "../../../tools/test/skips.ts";

describe("npm run cluster", () => {
  it("leaves everything from the command's first word on to the command", () => {
    const { argocd, command } = parseOptions(["--no-argocd", "vitest", "run", "--no-argocd"]);
    expect({ argocd, command }).toEqual({
      argocd: false,
      command: ["vitest", "run", "--no-argocd"],
    });
  });

  it.each([[[]], [["--no-such", "sh"]], [["--logs", "x"]]])("refuses %j", (args) => {
    expect(() => parseOptions(args)).toThrow("usage");
  });
});

describe("npm run test:cluster", () => {
  it("keeps the harness' options and gives vitest the rest", () => {
    const args = ["--kubeconfig", "/a/config", "test/cluster/sync", "--disposable", "-t", "drift"];
    expect(readClusterOptions(args)).toMatchObject({
      harness: ["--kubeconfig", "/a/config", "--disposable"],
      vitest: ["test/cluster/sync", "-t", "drift"],
    });
  });

  it("takes the number of lanes and the folder of the logs for its own", () => {
    expect(readClusterOptions(["--lanes", "3", "--logs=/a/logs", "sync"])).toEqual({
      harness: [],
      logs: "/a/logs",
      lanes: 3,
      vitest: ["sync"],
      named: false,
    });
  });

  it("has one lane beside a brought cluster, which is one", () => {
    expect(readClusterOptions(["--lanes=3", "--kubeconfig", "/a/config"]).lanes).toBe(1);
  });

  it.each(["0", "-1", "two", "", "100", "1.5"])("refuses %j lanes", (lanes) => {
    expect(() => readClusterOptions(["--lanes", lanes])).toThrow("--lanes asks for a number");
  });

  it.each([
    [["-t", "drift"], true],
    [["--testNamePattern=drift"], true],
    [["test/cluster/sync"], false],
  ])("knows of %j whether tests were asked for by name", (args, named) => {
    expect(readClusterOptions(args).named).toBe(named);
  });

  it("counts a skipped test as failed where nothing is missing", () => {
    const said: string[] = [];
    const counts = noSkips({ passed: 2, failed: 1, skipped: 3 }, (line) => said.push(line));
    expect(counts).toEqual({ passed: 2, failed: 4, skipped: 0 });
    expect(said.join()).toContain("3 tests were skipped");
  });
});
