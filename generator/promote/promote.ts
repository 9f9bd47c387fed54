// Moves the Git ref that Argo CD follows, and nothing else does. Two pull requests, each valid alone, can make a main
// that is not: so main is verified as a whole, against what the ref has now, and exactly the commit that was verified
// is pushed, by a lease on what the ref was when it was compared.
import { errorMessage, type ErrorCode, type ErrorValues } from "../errors.ts";
import { git, gitList } from "../git.ts";
import type { Verified } from "../verify/verify.ts";

export interface PromoteOptions {
  readonly root: string;
  /** Name or address of the repository that Argo CD reads. */
  readonly remote: string;
  /** Branches of it: where pull requests land, and what Argo CD follows. */
  readonly branch: string;
  readonly ref: string;
  /** The commit that may be on the ref though it is none of the branch's: whole, as the refusal named it. */
  readonly replace?: string;
  /** Verifies the work tree; `base` is the commit that the ref is at, undefined where there is no such ref yet. */
  readonly verify: (base: string | undefined) => Promise<Verified>;
  readonly say: (line: string) => void;
}

export type Promoted =
  | { readonly outcome: "moved" | "created" | "already"; readonly commit: string }
  | { readonly outcome: "unverified"; readonly verified: Verified }
  | { readonly outcome: "refused"; readonly code: ErrorCode; readonly message: string };

/** Verifies main and moves the ref to it. Nothing is pushed unless the outcome says so. */
export async function promote(options: PromoteOptions): Promise<Promoted> {
  const { root, remote, branch, ref, say } = options;
  const there = readRemote(options);
  if ("outcome" in there) return there;
  const { main, followed } = there;

  const state = (): Promoted | undefined => {
    const found = git(root, ["rev-parse", "--verify", "HEAD"]);
    const head = "problem" in found ? "nothing" : found.output.toString().trim();
    if (head !== main) return refused("promote-head", { head, branch, remote, main });
    const files = gitList(root, ["status", "--porcelain=v1", "--untracked-files=all", "-z"]);
    if ("problem" in files) return refused("promote-tree", { files: files.problem });
    const more = files.length > 3 ? `, and ${files.length - 3} more` : "";
    const named = files.slice(0, 3).map((line) => line.slice(3));
    return files.length === 0
      ? undefined
      : refused("promote-tree", { files: `${named.join(", ")}${more}` });
  };
  const before = state();
  if (before !== undefined) return before;
  if (followed === main) return { outcome: "already", commit: main };

  if (followed !== undefined) {
    // Both are there already where this clone is whole; the ref's own commit may be new to it.
    const fetched = git(root, ["fetch", "--quiet", "--no-tags", remote, `refs/heads/${ref}`]);
    if ("problem" in fetched)
      return refused("promote-remote", { remote, what: ref, reason: fetched.problem });
    const isAncestor = "output" in git(root, ["merge-base", "--is-ancestor", followed, main]);
    if (!isAncestor && options.replace !== followed)
      return refused("promote-diverged", { ref, found: followed, branch });
    say(`${ref} is at ${followed.slice(0, 12)}; verifying ${main.slice(0, 12)} against it`);
  } else {
    say(`${remote} has no ${ref} yet; verifying ${main.slice(0, 12)}`);
  }
  const verified = await options.verify(followed);
  if (verified.problems.length > 0 || verified.findings.length > 0)
    return { outcome: "unverified", verified };
  // Whatever was edited while it was verified was perhaps verified too, and is not in the commit.
  const after = state();
  if (after !== undefined) return after;

  const pushed = git(root, [
    "push",
    "--quiet",
    "--no-verify",
    // An empty lease: the ref must not be there.
    `--force-with-lease=refs/heads/${ref}:${followed ?? ""}`,
    remote,
    `${main}:refs/heads/${ref}`,
  ]);
  if ("problem" in pushed) return refused("promote-moved", { ref, reason: pushed.problem });
  return { outcome: followed === undefined ? "created" : "moved", commit: main };
}

/** Heads of the two branches, as the remote has them now. */
function readRemote({
  root,
  remote,
  branch,
  ref,
}: PromoteOptions): { main: string; followed: string | undefined } | Promoted {
  const names = [branch, ref].map((name) => `refs/heads/${name}`);
  for (const name of [branch, ref]) {
    // A name that begins with '-' would be an option, one with ':' or '*' more than one ref.
    const isPlain = /^[\w.][\w./-]*$/.test(name);
    if (isPlain && "output" in git(root, ["check-ref-format", `refs/heads/${name}`])) continue;
    return refused("promote-remote", { remote, what: name, reason: "it is no name of a branch" });
  }
  if (remote.startsWith("-"))
    return refused("promote-remote", { remote, what: ref, reason: "it is no name of a remote" });
  if (branch === ref)
    return refused("promote-remote", { remote, what: ref, reason: "it is the branch itself" });
  const listed = git(root, ["ls-remote", remote, ...names]);
  if ("problem" in listed)
    return refused("promote-remote", { remote, what: branch, reason: listed.problem });
  const heads = new Map(
    listed.output
      .toString()
      .split("\n")
      .flatMap((line) => {
        const [commit = "", name] = line.split("\t");
        return name === undefined ? [] : [[name, commit] as const];
      }),
  );
  const main = heads.get(`refs/heads/${branch}`);
  if (main === undefined)
    return refused("promote-remote", { remote, what: branch, reason: "it has no such branch" });
  return { main, followed: heads.get(`refs/heads/${ref}`) };
}

function refused<C extends ErrorCode>(code: C, values: ErrorValues<C>): Promoted {
  return { outcome: "refused", code, message: errorMessage(code, values) };
}
