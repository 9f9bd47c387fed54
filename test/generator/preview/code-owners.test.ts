import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generate } from "../../../generator/write/generate.ts";
import { root as project } from "../../../tools/root.ts";
import { testRepository, type TestRepository } from "../support/repository.ts";

const lines = readFileSync(join(project, ".github/CODEOWNERS"), "utf8")
  .split("\n")
  .map((line) => line.replace(/#.*/, "").trim())
  .filter((line) => line !== "")
  .map((line) => line.split(/\s+/));

/** The owners of a file, by the rules of GitHub: the last line that matches counts, and it may name nobody. */
function ownersOf(file: string): string[] {
  const [, ...owners] = lines.findLast(([pattern = ""]) => matches(pattern, file)) ?? [];
  return owners;
}

function matches(pattern: string, file: string): boolean {
  if (pattern === "*") return true;
  if (!pattern.startsWith("/")) throw new Error(`${pattern}: this test knows anchored patterns`);
  const source = pattern
    .slice(1)
    .replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", "[^/]*");
  return new RegExp(`^${source}${pattern.endsWith("/") ? ".+" : "$"}`).test(file);
}

describe("CODEOWNERS asks the platform's people for", () => {
  it.each([
    "bases/next/redis/statefulset.yaml",
    "bases/platform/admission/registries.yaml",
    "overlays/home/cluster.yaml",
    "overlays/home/platform/kustomization.yaml",
    "generator/render/root.ts",
    ".github/CODEOWNERS",
    ".github/workflows/promote.yml",
    "tenants/offboarded/acme.json",
    "tenants/README",
    "tools/manifests/find.ts",
    "package-lock.json",
    "a-folder-that-is-new/file",
  ])("%s", (file) => {
    expect(ownersOf(file)).toEqual(["@neurallog/platform"]);
  });
});

describe("the files that a changed record changes", () => {
  let repository: TestRepository;
  const git = (...args: string[]): string => {
    const name = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
    const { status, stdout, stderr } = spawnSync("git", [...name, ...args], {
      cwd: repository.root,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  beforeAll(() => {
    repository = testRepository();
    repository.write(".gitignore", ".neurallog\n");
    generate(repository.root);
    git("init", "-q");
    git("add", ".");
    git("commit", "-qm", "as it is");
  });
  afterAll(() => repository[Symbol.dispose]());

  /** Whether the platform's people are asked about a change of one record. */
  function asks(tenant: string, from: string, to: string): boolean {
    const file = `tenants/${tenant}.yaml`;
    const text = repository.read(file);
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    repository.write(file, text.replace(from, to));
    const { problems } = generate(repository.root);
    if (problems[0] !== undefined) throw new Error(problems[0].message);
    git("add", ".");
    const changed = git("diff", "--cached", "--name-only", "--no-renames").trim().split("\n");
    git("reset", "-q", "--hard");
    return changed.some((path) => ownersOf(path).includes("@neurallog/platform"));
  }

  it.each([
    ["a quota that is raised", "globex", "pods: 60", "pods: 61"],
    ["a higher tier", "acme", "tier: small", "tier: standard"],
    ["more replicas at the most", "globex", "max: 5", "max: 6"],
    ["a rule to a shared namespace", "globex", "ports: [{ port: 25 }]", "ports: [{ port: 587 }]"],
    ["an organization more", "acme", "organizations:", "organizations:\n  - id: more"],
    ["a peer that is shared", "globex", "cidr: 198.51.100.7/32", "namespace: shared-mail"],
  ])("ask the platform's people about %s", (_, tenant, from, to) => {
    expect(asks(tenant, from, to)).toBe(true);
  });

  it.each([
    ["a shorter retention", "globex", "age: 30d", "age: 20d"],
    ["another API key", "acme", "name: dashboard", "name: board"],
    ["a rule between its own organizations", "globex", "port: 8443 }", "port: 8444 }"],
    ["an address of its own partner", "globex", "198.51.100.7/32", "198.51.100.8/32"],
  ])("ask nobody of the platform about %s", (_, tenant, from, to) => {
    expect(asks(tenant, from, to)).toBe(false);
  });
});
