import { spawnSync } from "node:child_process";
import { MAX_GIT_BYTES } from "./limits.ts";

/** What a Git command printed, or what it says is wrong: empty where it says nothing. */
export function git(
  root: string,
  args: readonly string[],
  input?: string,
): { output: Buffer } | { problem: string } {
  const { error, status, stdout, stderr } = spawnSync("git", args, {
    cwd: root,
    maxBuffer: MAX_GIT_BYTES,
    // A password prompt would wait for ever where nobody is.
    env: { ...process.env, GIT_TERMINAL_PROMPT: "0" },
    ...(input === undefined ? {} : { input }),
  });
  if (error !== undefined) return { problem: error.message };
  if (status === 0) return { output: stdout };
  const said = stderr
    .toString()
    .split("\n")
    .map((line) => line.trim());
  const verdict = said.find((line) => /^(?:fatal|error|remote|!)/.test(line));
  return { problem: verdict ?? said.find((line) => line !== "") ?? "" };
}

/** The merge base of a ref and HEAD, and HEAD: the commits that a change lies between. */
export function findBase(
  root: string,
  ref: string,
): { base: string; head: string } | { problem: string } {
  // A ref that begins with '-' would be an option.
  if (!/^[\w@^~./{}][\w@^~.:/{}-]*$/.test(ref)) return { problem: "it is no name of a revision" };
  const head = commit(root, "HEAD");
  if ("problem" in head) return head;
  const named = commit(root, ref);
  if ("problem" in named) return named;
  const base = git(root, ["merge-base", named.commit, head.commit]);
  if ("output" in base) return { base: base.output.toString().trim(), head: head.commit };
  return {
    problem:
      "it has no commit in common with HEAD (of a shallow clone, fetch the rest: git fetch --unshallow)",
  };
}

function commit(root: string, name: string): { commit: string } | { problem: string } {
  const found = git(root, [
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${name}^{commit}`,
  ]);
  if ("output" in found) return { commit: found.output.toString().trim() };
  // Of a name that it does not know, --quiet says nothing at all.
  return {
    problem: found.problem || (name === "HEAD" ? "there is no commit here" : "it is unknown here"),
  };
}

/** What a command with `-z` lists. */
export function gitList(root: string, args: readonly string[]): string[] | { problem: string } {
  const listed = git(root, args);
  if ("problem" in listed) return listed;
  return listed.output
    .toString()
    .split("\0")
    .filter((each) => each !== "");
}

export interface Blob {
  /** `100644`, `100755`, or `120000` for a link. */
  readonly mode: string;
  readonly id: string;
}

/** The files of a commit below some folders, by path. */
export function listTree(
  root: string,
  commit: string,
  folders: readonly string[],
): Map<string, Blob> | { problem: string } {
  const listed = gitList(root, ["ls-tree", "-r", "-z", commit, "--", ...folders]);
  if ("problem" in listed) return listed;
  return new Map(
    listed.map((line) => {
      const tab = line.indexOf("\t");
      const [mode = "", , id = ""] = line.slice(0, tab).split(" ");
      return [line.slice(tab + 1), { mode, id }];
    }),
  );
}

/** The contents of blobs, in their order. */
export function readBlobs(root: string, ids: readonly string[]): Buffer[] | { problem: string } {
  if (ids.length === 0) return [];
  const read = git(root, ["cat-file", "--batch"], ids.map((id) => `${id}\n`).join(""));
  if ("problem" in read) return read;
  const { output } = read;
  const blobs: Buffer[] = [];
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(0x0a, at);
    const [id, type, size] = output.toString("utf8", at, end).split(" ");
    if (type !== "blob") return { problem: `object ${id} is ${type ?? "missing"}` };
    blobs.push(output.subarray(end + 1, end + 1 + Number(size)));
    at = end + 1 + Number(size) + 1;
  }
  return blobs;
}
