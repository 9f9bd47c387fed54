import { findBase, listTree, readBlobs } from "../git.ts";
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
  const found = findBase(root, ref);
  if ("problem" in found) return failed(found.problem);
  const tree = listTree(root, found.base, ["tenants", "overlays"]);
  if ("problem" in tree) return failed(tree.problem);
  const files = [...tree.keys()];
  const clusterFiles = files.filter((file) => /^overlays\/[^/]+\/cluster\.yaml$/.test(file));
  const tenantFiles = files.filter((file) => /^tenants\/[^/]+\.yaml$/.test(file));
  const receipts = files.filter((file) => /^tenants\/offboarded\/[^/]+\.json$/.test(file));
  const blobs = readBlobs(
    root,
    [...clusterFiles, ...tenantFiles].map((file) => tree.get(file)?.id ?? ""),
  );
  if ("problem" in blobs) return failed(blobs.problem);
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
