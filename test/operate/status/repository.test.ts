import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readClone } from "../../../operate/status/repository.ts";

const root = mkdtempSync(join(tmpdir(), "neurallog-clone-"));
afterAll(() => rmSync(root, { recursive: true }));

const git = (...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.test", ...args], {
    cwd: root,
    encoding: "utf8",
  }).trim();

function commit(id: string): string {
  mkdirSync(join(root, "tenants"), { recursive: true });
  mkdirSync(join(root, `overlays/home/tenants/${id}`), { recursive: true });
  writeFileSync(join(root, `tenants/${id}.yaml`), "");
  writeFileSync(join(root, `overlays/home/tenants/${id}/kustomization.yaml`), "");
  git("add", "--all");
  git("commit", "--quiet", "--message", id);
  return git("rev-parse", "HEAD");
}

git("init", "--quiet", "--initial-branch=main");
const first = commit("acme");
const second = commit("globex");
git("update-ref", "refs/heads/verified", second);
const third = commit("initech");

it("reads tenants at the ref that Argo CD follows, not of the work tree", () => {
  const { overlays, records, followed } = readClone(root, "home", "refs/heads/verified");
  expect([...(overlays ?? [])]).toEqual(["acme", "globex"]);
  expect([...(records ?? [])]).toEqual(["acme", "globex"]);
  expect(followed).toMatchObject({ ref: "refs/heads/verified", revision: second });
});

it("counts commits from a revision to the ref; none from what it does not know", () => {
  const { behind } = readClone(root, "home", "verified");
  expect([behind(first), behind(second), behind(third)]).toEqual([1, 0, 0]);
  expect(behind("f".repeat(40))).toBeNull();
});

it("attack: a revision of the cluster's is an option or a command of git", () => {
  const { behind } = readClone(root, "home", "refs/heads/verified");
  for (const evil of ["--output=/tmp/x", "HEAD", "$(touch x)", "a".repeat(39), ""]) {
    expect(behind(evil)).toBeNull();
  }
});

it.each(["--upload-pack=x", "-x", "a b", "HEAD^{commit}", "../../etc"])(
  "attack: a ref of the cluster's is '%s'",
  (ref) => {
    expect(readClone(root, "home", ref).followed.source).toMatch(/^the work tree/);
  },
);

it("takes a remote's branch before one's own", () => {
  git("update-ref", "refs/remotes/origin/verified", first);
  const { followed, overlays } = readClone(root, "home", "refs/heads/verified");
  git("update-ref", "-d", "refs/remotes/origin/verified");
  expect(followed).toMatchObject({ revision: first });
  expect([...(overlays ?? [])]).toEqual(["acme"]);
});

it("without the ref tells of the work tree, and says so", () => {
  const { overlays, followed, behind } = readClone(root, "home", "refs/heads/elsewhere");
  expect([...(overlays ?? [])]).toEqual(["acme", "globex", "initech"]);
  expect(followed).toMatchObject({ revision: null, source: expect.stringContaining("has no") });
  expect(behind(first)).toBeNull();
});

it("without a clone at all knows nothing, and does not fail", () => {
  expect(readClone("/nowhere", "home", "refs/heads/verified")).toMatchObject({
    records: null,
    overlays: null,
    followed: { source: "no clone" },
  });
});
