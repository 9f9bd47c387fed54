import { spawnSync } from "node:child_process";
import { problem, START, type Problem } from "../record/problem.ts";
import type { RecordFiles } from "./repository.ts";

/**
 * The record files at the merge base of HEAD and a Git ref: clusters, and those tenants that differ
 * from `now` (all of them when a cluster's record changed, because that can move every tenant). `receipts` are the
 * files of receipts that are there.
 */
export function readBase(
  root: string,
  ref: string,
  now: RecordFiles,
): { files: RecordFiles; receipts: string[] } | { problem: Problem } {
  const failed = (reason: string) => ({
    problem: problem("base-unknown", { ref, reason }, { file: ".", text: "", position: START }),
  });
  const git = (args: string[], input?: string): Buffer | string => {
    const result = spawnSync("git", args, { cwd: root, input, maxBuffer: 1 << 30 });
    if (result.error !== undefined) return result.error.message;
    return result.status === 0 ? result.stdout : (result.stderr.toString().split("\n", 1)[0] ?? "");
  };
  // A ref that begins with '-' would be an option.
  if (!/^[\w@^~.:/{}][\w@^~.:/{}-]*$/.test(ref)) return failed("it is no name of a revision");
  const commit = git(["merge-base", ref, "HEAD"]);
  if (typeof commit === "string") return failed(commit || "it has no commit in common with HEAD");
  const base = commit.toString().trim();
  const listed = git(["ls-tree", "-r", "-z", base, "--", "tenants", "overlays"]);
  if (typeof listed === "string") return failed(listed);
  const objects = parseTree(listed.toString());
  const clusterFiles = [...objects.keys()].filter((file) =>
    /^overlays\/[^/]+\/cluster\.yaml$/.test(file),
  );
  const tenantFiles = [...objects.keys()].filter((file) => /^tenants\/[^/]+\.yaml$/.test(file));
  const receipts = [...objects.keys()].filter((file) =>
    /^tenants\/offboarded\/[^/]+\.json$/.test(file),
  );
  const contents = git(
    ["cat-file", "--batch"],
    [...clusterFiles, ...tenantFiles].map((file) => `${objects.get(file)}\n`).join(""),
  );
  if (typeof contents === "string") return failed(contents);
  const blobs = parseBatch(contents);
  const clusters = new Map(clusterFiles.map((file, i) => [file, blobs[i] ?? Buffer.alloc(0)]));
  const moved =
    clusters.size !== now.clusters.size ||
    [...clusters].some(([file, blob]) => !same(now.clusters.get(file), blob));
  const tenants = new Map(
    tenantFiles
      .map((file, i) => [file, blobs[clusterFiles.length + i] ?? Buffer.alloc(0)] as const)
      .filter(([file, blob]) => moved || !same(now.tenants.get(file), blob)),
  );
  return { files: { tenants, clusters, releases: now.releases }, receipts };
}

const same = (content: Uint8Array | string | undefined, blob: Buffer): boolean =>
  content !== undefined && blob.equals(Buffer.from(content));

/** `<mode> blob <object>\t<file>\0…` */
function parseTree(text: string): Map<string, string> {
  const lines = text.split("\0").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const [meta = "", file = ""] = line.split("\t", 2);
      return [file, meta.split(" ")[2] ?? ""];
    }),
  );
}

/** `<object> blob <size>\n<bytes>\n…` */
function parseBatch(output: Buffer): Buffer[] {
  const blobs: Buffer[] = [];
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(0x0a, at);
    const size = Number(output.toString("utf8", at, end).split(" ")[2]);
    blobs.push(output.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return blobs;
}
