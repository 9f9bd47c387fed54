// What may leave. Whether a tenant was retiring is read from its overlay, which carries the last state of a record that
// is gone: so it holds without Git, too, and in a shallow clone.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { whyNot, whyNotOrganization } from "../plan/change.ts";
import { problem, START, type Problem } from "../record/problem.ts";
import type { Receipts } from "../record/receipt.ts";

export interface Orphans {
  /** Overlays whose tenants had retired: to be removed. */
  retired: string[];
  problems: Problem[];
}

/**
 * Judges overlays without a record: `overlays/<cluster>/tenants/<id>`. One goes when its tenant was retiring, its day
 * has come, and the receipt says that nothing of it is left on its cluster. `today` is a day like 2027-01-31.
 */
export function judgeOrphans(
  root: string,
  folders: readonly string[],
  today: string,
  receipts: Receipts,
): Orphans {
  const orphans: Orphans = { retired: [], problems: [] };
  for (const folder of folders) {
    const id = folder.slice(folder.lastIndexOf("/") + 1);
    const state = namespaceState(root, `${folder}/tenant-${id}`);
    const reason = whyNot(id, state.retireAfter, today, receipts);
    if (reason === null) orphans.retired.push(folder);
    // Nothing is lost with a folder that Git would not even keep.
    else if (isBare(join(root, folder))) orphans.retired.push(folder);
    else
      orphans.problems.push(
        problem("record-vanished", { state: state.words, reason }, place(folder)),
      );
  }
  return orphans;
}

/**
 * Judges namespaces that a tenant's overlay is about to lose, folders of it. An MCP namespace holds nothing; an
 * organization's holds its workloads: it has to be retired first, and removed on purpose.
 */
export function judgeOrganizations(
  root: string,
  id: string,
  folders: readonly string[],
  receipts: Receipts,
): Problem[] {
  const prefix = `tenant-${id}-org-`;
  return folders.flatMap((folder) => {
    const name = folder.slice(folder.lastIndexOf("/") + 1);
    if (!name.startsWith(prefix) || name.endsWith("-mcp")) return [];
    const { words } = namespaceState(root, folder);
    const organization = name.slice(prefix.length);
    const reason = whyNotOrganization(id, organization, words.startsWith("retiring"), receipts);
    if (reason === null) return [];
    const values = { organization, state: words, reason };
    return [problem("organization-vanished", values, place(folder))];
  });
}

interface State {
  words: string;
  /** The day from which on it may be removed; null when it may not, or nobody can tell. */
  retireAfter: string | null;
}

/** State of a namespace as its committed patches say. */
function namespaceState(root: string, folder: string): State {
  const metadata = readNamespace(join(root, folder, "patches.yaml"));
  const state = metadata?.getIn(["labels", "neurallog.dev/state"]);
  const after = metadata?.getIn(["annotations", "neurallog.dev/retire-after"]);
  if (typeof state !== "string") return { words: "in an unknown state", retireAfter: null };
  if (state !== "retiring" || typeof after !== "string") return { words: state, retireAfter: null };
  return { words: `retiring until ${after}`, retireAfter: after };
}

function readNamespace(file: string) {
  if (!existsSync(file)) return undefined;
  for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
    if (document.get("kind") !== "Namespace") continue;
    return { getIn: (path: string[]): unknown => document.getIn(["metadata", ...path]) };
  }
  return undefined;
}

const isBare = (folder: string): boolean =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).every((entry) =>
    entry.isDirectory(),
  );

const place = (folder: string) => ({
  file: `${folder}/kustomization.yaml`,
  text: "",
  position: START,
});
