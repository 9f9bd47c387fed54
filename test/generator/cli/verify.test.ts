import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { generate } from "../../../generator/write/generate.ts";
import { findTool } from "../../../tools/manifests/find.ts";
import { root as project } from "../../../tools/root.ts";
import { smallRecord, testRepository, type TestRepository } from "../support/repository.ts";

const report = z.object({
  tenants: z.number(),
  built: z.number(),
  seconds: z.number(),
  problems: z.array(z.object({ code: z.string(), file: z.string(), line: z.number() })),
  findings: z.array(z.object({ code: z.string(), message: z.string(), stage: z.string() })),
});

describe("npm run verify", () => {
  let path = "";
  beforeAll(async () => {
    const tools = [await findTool("kustomize"), await findTool("kubeconform")];
    path = [...tools.map(dirname), process.env["PATH"]].join(":");
  });

  function repository(): TestRepository {
    const made = testRepository({ tenants: { acme: smallRecord("acme") } });
    generate(made.root);
    return made;
  }

  function verify(cwd: string, ...args: string[]) {
    return spawnSync(process.execPath, [join(project, "generator/cli/verify.ts"), ...args], {
      encoding: "utf8",
      env: { ...process.env, PATH: path, XDG_CACHE_HOME: join(cwd, "cache") },
    });
  }

  it("says what it looked at and exits with 0", () => {
    using made = repository();
    const { status, stdout, stderr } = verify(made.root, "--root", made.root);
    expect(stdout).toMatch(/^1 tenants? verified in [\d.]+ s\n$/);
    expect(stderr).toMatch(/drift .* files as generated: ok\nbuild .* 1 built/);
    expect(status).toBe(0);
  });

  it("shows each finding with its stage and code and exits with 1", () => {
    using made = repository();
    made.write("overlays/home/tenants/acme/more.yaml", "");
    const { status, stdout } = verify(made.root, "--root", made.root);
    expect(stdout).toContain(
      "drift acme: overlays/home/tenants/acme/more.yaml comes from no record: run npm run generate [drift-extra]",
    );
    expect(status).toBe(1);
  });

  it("shows a broken record with its place and exits with 1", () => {
    using made = repository();
    made.write("tenants/acme.yaml", `${smallRecord("acme")}colour: red\n`);
    const { status, stdout } = verify(made.root, "--root", made.root);
    expect(stdout).toMatch(/tenants\/acme\.yaml:\d+:\d+/);
    expect(status).toBe(1);
  });

  it("writes one JSON document for programs", () => {
    using made = repository();
    made.write("overlays/home/tenants/acme/more.yaml", "");
    const { status, stdout, stderr } = verify(made.root, "--root", made.root, "--format", "json");
    const { findings, built } = report.parse(JSON.parse(stdout));
    expect(findings.map(({ code }) => code)).toEqual(["drift-extra"]);
    expect([built, stderr, status]).toEqual([1, "", 1]);
  });

  it("exits with 2 on wrong usage and on an unknown revision", () => {
    using made = repository();
    expect(verify(made.root, "--format", "yaml").status).toBe(2);
    expect(verify(made.root, "--fast").status).toBe(2);
    expect(verify(made.root, "--root", made.root, "--since", "nowhere").status).toBe(2);
  });

  it("exits with 2 and says what to install when a tool is missing", () => {
    using made = repository();
    path = dirname(process.execPath);
    const { status, stderr } = verify(made.root, "--root", made.root, "--no-cache");
    expect(stderr).toMatch(/kustomize .* is needed[\s\S]*Install Go/);
    expect(status).toBe(2);
  });
});
