// Frozen releases of the bases: copies that never change again, so that what reached canary tenants is byte for byte
// what stable ones get. A seal beside the files makes a change visible without Git; against the merge base a change is
// found even when the seal was made anew.
import { hash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ErrorCode, ErrorValues } from "../errors.ts";
import { findBase, gitList, listTree } from "../git.ts";
import { MAX_RELEASE_FILES, MAX_SEAL_BYTES } from "../limits.ts";

/** The list of a release's files, as `sha256sum --check` reads it. */
export const SEAL = "SHA256SUMS";

/** Where the bases change; every release is a copy of it. */
export const NEXT = "next";

/** Folders under bases/ that are no release: what a cluster's platform is made of. */
const OTHERS: ReadonlySet<string> = new Set(["platform"]);

/** Folders under bases/ that a channel may name. */
export function listReleases(root: string): string[] {
  try {
    return readdirSync(join(root, "bases"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !OTHERS.has(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

export type Report = <C extends ErrorCode>(code: C, values: ErrorValues<C>) => void;

/** The seal of a release as it is: a line for each file, in the order of the paths. */
export function sealText(root: string, release: string): string {
  const { files, others } = walk(join(root, "bases", release));
  if (others.length > 0) throw new Error(`bases/${release}/${others[0]} is no plain file`);
  return [...files].map(([path, sum]) => `${sum}  ${path}\n`).join("");
}

/** Path -> SHA-256 in hex; undefined for text that is no seal. */
export function parseSeal(text: string): Map<string, string> | undefined {
  if (text.length > MAX_SEAL_BYTES || !text.endsWith("\n")) return undefined;
  const sums = new Map<string, string>();
  for (const line of text.slice(0, -1).split("\n")) {
    const [, sum, path] = /^([0-9a-f]{64}) {2}((?!\/)[^\\\n]+)$/.exec(line) ?? [];
    if (sum === undefined || path === undefined || sums.has(path)) return undefined;
    if (path.split("/").some((part) => part === "" || part === "." || part === ".."))
      return undefined;
    sums.set(path, sum);
  }
  return sums;
}

/** Reports each file of a frozen release that is not what its seal says. */
export function checkSeals(root: string, report: Report): void {
  for (const release of listReleases(root)) {
    if (release === NEXT) continue;
    const folder = `bases/${release}`;
    const sums = readSeal(join(root, folder, SEAL));
    if (sums === undefined) {
      report("release-unsealed", { release, file: `${folder}/${SEAL}` });
      continue;
    }
    const { files, others } = walk(join(root, folder));
    for (const path of others) report("release-extra", { release, file: `${folder}/${path}` });
    for (const [path, sum] of files) {
      const sealed = sums.get(path);
      const file = `${folder}/${path}`;
      if (sealed === undefined) report("release-extra", { release, file });
      else if (sealed !== sum) report("release-differs", { release, file });
    }
    for (const path of sums.keys())
      if (!files.has(path)) report("release-missing", { release, file: `${folder}/${path}` });
  }
}

/**
 * Reports each file of a release that the merge base with a Git ref has frozen and that differs now: sealing anew does
 * not help. A release that is gone as a whole is no change; one that a channel names is missed by the records' check.
 * Returns why there is nothing to compare with, where that is so.
 */
export function compareReleases(root: string, ref: string, report: Report): string | undefined {
  const found = findBase(root, ref);
  if ("problem" in found) return found.problem;
  const tree = listTree(root, found.base, ["bases"]);
  if ("problem" in tree) return tree.problem;
  const diff = ["diff", "--name-only", "--no-renames", "-z", found.base, "--", "bases"];
  const changed = gitList(root, diff);
  if ("problem" in changed) return changed.problem;
  const there = new Set(listReleases(root));
  const frozen = new Set(
    [...tree.keys()].flatMap((file) => {
      const [, release = "", name] = file.split("/", 3);
      return name === SEAL && release !== NEXT && there.has(release) ? [release] : [];
    }),
  );
  for (const file of changed) {
    const release = file.split("/", 2)[1] ?? "";
    if (frozen.has(release)) report("release-changed", { release, file });
  }
  return undefined;
}

function readSeal(file: string): Map<string, string> | undefined {
  try {
    const found = lstatSync(file);
    // A link could lead to a list that changes with what it lists.
    if (!found.isFile() || found.size > MAX_SEAL_BYTES) return undefined;
    return parseSeal(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Every file below a folder but its seal, with its hash; `others` are links and the like. */
export function walk(folder: string): { files: Map<string, string>; others: string[] } {
  const files = new Map<string, string>();
  const others: string[] = [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  if (entries.length > MAX_RELEASE_FILES)
    throw new Error(`${folder} has more than ${MAX_RELEASE_FILES} files: it is no release`);
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (path === SEAL) continue;
    if (!entry.isFile()) others.push(path);
    else files.set(path, hash("sha256", readFileSync(join(folder, path))));
  }
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return { files: new Map(sorted), others: others.sort() };
}
