import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { previewSchema } from "../../../generator/preview/model/model.ts";
import { findTool } from "../../../tools/manifests/find.ts";
import { root as project } from "../../../tools/root.ts";
import { changing, type Changing } from "../preview/support/repository.ts";
import { smallRecord } from "../support/repository.ts";

describe("npm run preview", () => {
  let path = "";
  beforeAll(async () => {
    path = [dirname(await findTool("kustomize")), process.env["PATH"]].join(":");
  });

  function run({ repository, cache }: Changing, ...args: string[]) {
    const command = [join(project, "generator/cli/preview.ts"), "--root", repository.root, ...args];
    return spawnSync(process.execPath, command, {
      encoding: "utf8",
      env: { ...process.env, PATH: path, XDG_CACHE_HOME: cache },
    });
  }

  it("writes several formats in one run and exits with 0 where nothing speaks against it", () => {
    using made = changing({ a: smallRecord("a") });
    made.change("a", "cluster: home", "cluster: home\nlabels: { team: shop }");
    const [json, page] = [join(made.cache, "p.json"), join(made.cache, "p.html")];
    const { status, stdout } = run(
      made,
      "--base",
      "base",
      "--format",
      "json",
      "--output",
      json,
      "--format",
      "html",
      "--output",
      page,
      "--format",
      "markdown",
    );
    expect(status).toBe(0);
    expect(stdout).toContain('+ metadata.labels["labels.neurallog.dev/team"]: "shop"');
    expect(previewSchema.parse(JSON.parse(readFileSync(json, "utf8"))).groups).toHaveLength(1);
    expect(readFileSync(page, "utf8")).toMatch(/^<!doctype html>/);
    // What was written before is shown again without comparing anything.
    expect(run(made, "--from", json, "--format", "markdown").stdout).toBe(stdout);
  });

  it("exits with 1 where something does", () => {
    using made = changing({ a: smallRecord("a"), b: smallRecord("b") });
    made.repository.remove("tenants/a.yaml");
    const { status, stdout } = run(made, "--base", "base");
    expect(stdout).toMatch(/Must not be merged\n +tenants\/a\.yaml.*\[record-vanished\]/);
    expect(status).toBe(1);
  });

  it.each([
    ["no base", [], "--base is missing"],
    ["an unknown revision", ["--base", "nowhere"], "no Git revision 'nowhere'"],
    ["an unknown format", ["--base", "base", "--format", "pdf"], "no format 'pdf'"],
    ["an unknown option", ["--fast"], "Unknown option"],
    [
      "two formats for one output",
      ["--base", "base", "--format", "json", "--format", "html"],
      "need an --output",
    ],
    ["a file that is no preview", ["--from", "/dev/null"], "/dev/null"],
  ])("exits with 2 and says so for %s", (_, args, reason) => {
    using made = changing({ a: smallRecord("a") });
    const { status, stdout, stderr } = run(made, ...args);
    expect(stderr).toContain(reason);
    expect([status, stdout]).toEqual([2, ""]);
  });

  it("exits with 2 and says what to install when kustomize is missing", () => {
    using made = changing({ a: smallRecord("a") });
    made.change("a", "cluster: home", "cluster: home\nlabels: { team: shop }");
    // Git, and nothing to build kustomize with.
    const git = spawnSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).stdout.trim();
    path = join(made.cache, "bin");
    mkdirSync(path);
    symlinkSync(git, join(path, "git"));
    const { status, stderr } = run(made, "--base", "base");
    expect(stderr).toMatch(/kustomize .* is needed/);
    expect(status).toBe(2);
  });
});
