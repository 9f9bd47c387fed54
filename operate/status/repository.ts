import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { MAX_GIT_MILLISECONDS, MAX_REVISIONS } from "../limits.ts";

/** What a clone of the repository says of the tenants of one cluster. Nothing is fetched. */
export type InGit = {
  followed: { ref: string | null; revision: string | null; source: string };
  /** Records, and overlays' folders of this cluster; null where the clone cannot tell. */
  records: ReadonlySet<string> | null;
  overlays: ReadonlySet<string> | null;
  /** Commits from a revision to the followed ref; null where the clone lacks one of the two. */
  behind(revision: string): number | null;
};

export const NO_CLONE: InGit = {
  followed: { ref: null, revision: null, source: "no clone" },
  records: null,
  overlays: null,
  behind: () => null,
};

/**
 * @param root    of the clone
 * @param cluster whose overlays count; null if nobody knows it
 * @param ref     what Argo CD follows, like refs/heads/verified; null if nobody knows it
 */
export function readClone(root: string, cluster: string | null, ref: string | null): InGit {
  const found = ref === null ? undefined : findRef(root, ref);
  if (found === undefined) return readWorkTree(root, cluster, ref);
  const { name, revision } = found;
  const list = (folder: string) =>
    git(root, "ls-tree", "-z", "--name-only", revision, `${folder}/`)
      ?.split("\0")
      .map((path) => path.slice(folder.length + 1));
  return {
    followed: { ref, revision, source: `${name} as this clone last saw it` },
    records: recordsOf(list("tenants")),
    overlays:
      cluster === null ? null : new Set(list(`overlays/${cluster}/tenants`)?.filter(Boolean)),
    behind: counter(root, revision),
  };
}

function readWorkTree(root: string, cluster: string | null, ref: string | null): InGit {
  const list = (folder: string): string[] | undefined => {
    try {
      return readdirSync(join(root, folder));
    } catch {
      return undefined;
    }
  };
  const overlays = cluster === null ? undefined : list(`overlays/${cluster}/tenants`);
  const records = recordsOf(list("tenants"));
  if (records === null) return { ...NO_CLONE, followed: { ...NO_CLONE.followed, ref } };
  const why = ref === null ? "" : `, as this clone has no ${ref}`;
  return {
    followed: { ref, revision: null, source: `the work tree${why}` },
    records,
    overlays: overlays === undefined ? null : new Set(overlays),
    behind: () => null,
  };
}

function recordsOf(names: readonly string[] | undefined): ReadonlySet<string> | null {
  if (names === undefined) return null;
  return new Set(names.filter((name) => name.endsWith(".yaml")).map((name) => name.slice(0, -5)));
}

/** Each revision is counted once: a thousand tenants stand at a handful of commits. */
function counter(root: string, tip: string): InGit["behind"] {
  const known = new Map<string, number | null>();
  return (revision) => {
    const before = known.get(revision);
    if (before !== undefined) return before;
    // What a cluster says goes to a command line: nothing but a full hash does.
    if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(revision) || known.size >= MAX_REVISIONS)
      return null;
    const count = git(root, "rev-list", "--count", `${revision}..${tip}`);
    const behind = count === undefined ? null : Number(count.trim());
    known.set(revision, behind);
    return behind;
  };
}

/** A remote's branch before one's own: that is what somebody else moved. */
function findRef(root: string, ref: string): { name: string; revision: string } | undefined {
  const branch = ref.replace(/^refs\/heads\//, "");
  if (!/^[\w][\w./-]*$/.test(branch)) return undefined;
  for (const name of [`refs/remotes/origin/${branch}`, `refs/heads/${branch}`]) {
    const revision = git(root, "rev-parse", "--verify", "--quiet", `${name}^{commit}`)?.trim();
    if (revision !== undefined && revision !== "") return { name, revision };
  }
  return undefined;
}

function git(root: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, {
    cwd: root,
    encoding: "utf8",
    timeout: MAX_GIT_MILLISECONDS,
    maxBuffer: 64 * 1024 * 1024,
  });
  return status === 0 ? stdout : undefined;
}
