// What Git says of a tenant at the commit that Argo CD follows: asked of the remote, not of this clone's memory of it.
import { spawnSync } from "node:child_process";
import { overlayFolder } from "../../generator/render/tenant.ts";
import { readReceipt, receiptFile } from "../../generator/record/receipt.ts";
import { readCluster, readTenant } from "../../generator/record/read.ts";
import type { ClusterRecord } from "../../generator/record/schema/cluster.ts";
import type { TenantRecord } from "../../generator/record/schema/tenant.ts";
import { failure } from "../errors.ts";
import { MAX_GIT_MILLISECONDS } from "../limits.ts";

export interface Followed {
  readonly commit: string;
  /** Undefined where there is none. */
  readonly record: TenantRecord | undefined;
  /** The record of its cluster; undefined where there is none that can be read. */
  readonly cluster: ClusterRecord | undefined;
  /** Folders of namespaces in the tenant's overlay: `tenant-a`, `tenant-a-org-web`. */
  readonly namespaces: ReadonlySet<string>;
  /** Whether the receipt of the tenant, or of an organization of it, is there. */
  hasReceipt(organization: string | null): boolean;
}

/**
 * @param remote name or address of the repository that Argo CD reads
 * @param ref branch of it that Argo CD follows
 */
export function readFollowed(root: string, remote: string, ref: string, id: string): Followed {
  const git = (...args: string[]) => run(root, args);
  if (!/^[\w.][\w./-]*$/.test(ref) || remote.startsWith("-"))
    throw failure("offboard-git", { ref, remote, reason: "that is no name of a branch or remote" });
  const listed = git("ls-remote", remote, `refs/heads/${ref}`);
  if (!listed.ok) throw failure("offboard-git", { ref, remote, reason: listed.reason });
  const [, commit] = /^([0-9a-f]{40}(?:[0-9a-f]{24})?)\t/.exec(listed.text) ?? [];
  if (commit === undefined)
    throw failure("offboard-git", { ref, remote, reason: "there is no such branch" });
  const fetched = git("fetch", "--quiet", "--no-tags", remote, `refs/heads/${ref}`);
  if (!fetched.ok) throw failure("offboard-git", { ref, remote, reason: fetched.reason });
  const show = (path: string): string | undefined => {
    const shown = git("show", `${commit}:${path}`);
    return shown.ok ? shown.text : undefined;
  };
  const file = `tenants/${id}.yaml`;
  const text = show(file);
  const read = text === undefined ? undefined : readTenant(file, text);
  if (read !== undefined && (read.sourced === null || read.problems.length > 0)) {
    const reason = `${file} cannot be read there: ${read.problems[0]?.message ?? "it holds no record"}`;
    throw failure("offboard-git", { ref, remote, reason });
  }
  const record = read?.sourced?.record;
  const folder = record === undefined ? undefined : overlayFolder(record.cluster, id);
  const tree =
    folder === undefined ? undefined : git("ls-tree", "--name-only", `${commit}:${folder}`);
  return {
    commit,
    record,
    cluster: record === undefined ? undefined : clusterAt(show, record.cluster),
    namespaces: new Set(
      (tree?.ok === true ? tree.text : "").split("\n").filter((name) => name.startsWith("tenant-")),
    ),
    hasReceipt: (organization) => {
      const path = receiptFile(id, organization);
      const receipt = show(path);
      return receipt !== undefined && typeof readReceipt(path, receipt) !== "string";
    },
  };
}

function clusterAt(
  show: (path: string) => string | undefined,
  name: string,
): ClusterRecord | undefined {
  const file = `overlays/${name}/cluster.yaml`;
  const text = show(file);
  return text === undefined ? undefined : readCluster(file, text).sourced?.record;
}

function run(root: string, args: string[]): { ok: boolean; text: string; reason: string } {
  const { error, status, stdout, stderr } = spawnSync("git", args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 24,
    timeout: MAX_GIT_MILLISECONDS,
    env: { ...process.env, GIT_TERMINAL_PROMPT: "0" },
  });
  const reason = error?.message ?? (stderr ?? "").split("\n")[0] ?? `git ended with ${status}`;
  return { ok: error === undefined && status === 0, text: stdout ?? "", reason };
}
