import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { promote, type PromoteOptions } from "../../../generator/promote/promote.ts";
import { verify, type Verified } from "../../../generator/verify/verify.ts";
import { generate } from "../../../generator/write/generate.ts";
import { findTools } from "../../../tools/manifests/find.ts";
import { smallRecord, testRepository, type TestRepository } from "../support/repository.ts";

let repository: TestRepository;
let bare: string;

const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
const git = (...args: string[]): string =>
  execFileSync("git", [...identity, ...args], {
    cwd: repository.root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
const followed = (): string => git("ls-remote", bare, "refs/heads/verified").split("\t")[0] ?? "";
const head = (): string => git("rev-parse", "HEAD");

beforeEach(() => {
  repository = testRepository({ tenants: { a: smallRecord("a"), b: smallRecord("b") } });
  generate(repository.root);
  repository.write(".gitignore", ".neurallog/\n");
  bare = mkdtempSync(join(tmpdir(), "neurallog-bare-"));
  git("init", "-q", "-b", "main");
  git("init", "-q", "--bare", "-b", "main", bare);
  git("remote", "add", "origin", bare);
  commit("one");
});
afterEach(() => {
  repository[Symbol.dispose]();
  rmSync(bare, { recursive: true });
});

/** Commits everything and pushes it to main. */
function commit(message: string): string {
  git("add", "-A");
  git("commit", "-qm", message);
  git("push", "-q", "origin", "main");
  return head();
}

/** The real verification, without a cache. */
const verifyAll = (base: string | undefined): Promise<Verified> =>
  verify({
    root: repository.root,
    ...(base === undefined ? {} : { base }),
    cache: null,
    findTools,
    watch: { ended: () => undefined, building: () => undefined },
  });

const move = (more: Partial<PromoteOptions> = {}) =>
  promote({
    root: repository.root,
    remote: "origin",
    branch: "main",
    ref: "verified",
    verify: verifyAll,
    say: () => undefined,
    ...more,
  });
const never = (): Promise<Verified> => Promise.reject(new Error("it was verified"));
const code = async (more: Partial<PromoteOptions> = {}): Promise<string> => {
  const promoted = await move(more);
  return promoted.outcome === "refused" ? promoted.code : promoted.outcome;
};

describe("promote", () => {
  it("makes the ref at first, moves it to main's next commit, and does nothing the third time", async () => {
    expect(await move()).toEqual({ outcome: "created", commit: head() });
    expect(followed()).toBe(head());
    repository.write("tenants/a.yaml", smallRecord("a", "labels: { team: shop }\n"));
    generate(repository.root);
    commit("two");
    expect(await move()).toEqual({ outcome: "moved", commit: head() });
    expect(followed()).toBe(head());
    expect(await move({ verify: never })).toEqual({ outcome: "already", commit: head() });
  });

  it("compares the records with those that Argo CD has, not with those of main's last commit", async () => {
    await move();
    const was = followed();
    repository.remove("tenants/a.yaml");
    repository.remove("overlays/home/tenants/a");
    commit("a is gone");
    repository.write("tenants/b.yaml", smallRecord("b", "labels: { team: shop }\n"));
    generate(repository.root);
    commit("something else");
    const promoted = await move();
    expect(promoted.outcome).toBe("unverified");
    if (promoted.outcome === "unverified")
      expect(promoted.verified.problems.map(({ code }) => code)).toEqual(["record-vanished"]);
    expect(followed()).toBe(was);
  });

  it.each([
    ["an overlay that was edited", "overlays/home/tenants/a/kustomization.yaml", "resources: [\n"],
    ["a record that cannot be read", "tenants/a.yaml", "id: [\n"],
    ["a release that was made by hand", "bases/mine/x.yaml", "kind: X\n"],
  ])("leaves the ref where it is for %s", async (_, path, text) => {
    await move();
    const was = followed();
    repository.write(path, text);
    commit("wrong");
    expect(await code()).toBe("unverified");
    expect(followed()).toBe(was);
  });

  it.each([
    [
      "a file that differs",
      () => repository.write("tenants/a.yaml", smallRecord("a", "tier: large\n")),
    ],
    ["a file that Git does not know", () => repository.write("bases/next/more.yaml", "")],
    ["a file that is gone", () => repository.remove("bases/next/redis/service.yaml")],
    [
      "a staged change",
      () => {
        repository.write("tenants/a.yaml", smallRecord("a", "tier: large\n"));
        git("add", "-A");
      },
    ],
  ])("refuses a work tree with %s, before it verifies anything", async (_, change) => {
    change();
    expect(await code({ verify: never })).toBe("promote-tree");
    expect(followed()).toBe("");
  });

  it("refuses when the work tree changed while it was verified", async () => {
    const verifyAndEdit = async (base: string | undefined) => {
      const verified = await verifyAll(base);
      repository.write("tenants/a.yaml", smallRecord("a", "tier: large\n"));
      return verified;
    };
    expect(await code({ verify: verifyAndEdit })).toBe("promote-tree");
    expect(followed()).toBe("");
  });

  it("refuses a commit that main does not have, and one that main has left behind", async () => {
    const first = head();
    repository.write("README.md", "hello\n");
    git("add", "-A");
    git("commit", "-qm", "not pushed");
    expect(await code({ verify: never })).toBe("promote-head");
    git("push", "-q", "origin", "main");
    git("checkout", "-q", first);
    expect(await code({ verify: never })).toBe("promote-head");
    expect(followed()).toBe("");
  });

  it("refuses to go over what somebody pushed past it, and puts main there only when that commit is named", async () => {
    await move();
    git("checkout", "-q", "-b", "rogue");
    git("rm", "-rq", "overlays");
    git("commit", "-qm", "rogue");
    const rogue = head();
    git("push", "-q", "origin", "HEAD:verified");
    git("checkout", "-q", "main");
    repository.write("README.md", "hello\n");
    commit("two");
    expect(await code({ verify: never })).toBe("promote-diverged");
    expect(await code({ verify: never, replace: head() })).toBe("promote-diverged");
    expect(followed()).toBe(rogue);
    expect(await code({ replace: rogue })).toBe("moved");
    expect(followed()).toBe(head());
  });

  it("does not move a ref that somebody else moved meanwhile", async () => {
    await move();
    repository.write("README.md", "hello\n");
    commit("two");
    let raced = "";
    const verifyAndRace = async (base: string | undefined) => {
      const verified = await verifyAll(base);
      const tree = git("rev-parse", "HEAD^{tree}");
      raced = git("commit-tree", tree, "-p", "HEAD~1", "-m", "raced");
      git("push", "-q", bare, `${raced}:refs/heads/verified`);
      return verified;
    };
    expect(await code({ verify: verifyAndRace })).toBe("promote-moved");
    expect(followed()).toBe(raced);
  });

  it.each([
    ["a remote that is not there", { remote: "/nowhere/at/all.git" }, "promote-remote"],
    ["a remote that is an option", { remote: "--upload-pack=touch /tmp/x" }, "promote-remote"],
    ["a branch that is not there", { branch: "trunk" }, "promote-remote"],
    ["a ref that is two", { ref: "verified:refs/heads/main" }, "promote-remote"],
    ["a ref that is an option", { ref: "--mirror" }, "promote-remote"],
    ["main itself as the ref", { ref: "main" }, "promote-remote"],
  ])("refuses %s", async (_, more, expected) => {
    const main = head();
    expect(await code({ ...more, verify: never })).toBe(expected);
    expect(git("ls-remote", bare)).toBe(`${main}\tHEAD\n${main}\trefs/heads/main`);
  });
});
