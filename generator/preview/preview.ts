import { availableParallelism } from "node:os";
import { findBase, gitList, listTree } from "../git.ts";
import { checkSeals, compareReleases } from "../release/frozen.ts";
import { inParallel } from "../verify/build/kustomize.ts";
import { collector } from "../verify/finding.ts";
import { changedSince } from "../verify/since.ts";
import { compareOne, isNothing } from "./difference.ts";
import { capacityOf, channelMoves } from "./effects/capacity.ts";
import { unknownBase } from "./error.ts";
import { type Difference, groupDifferences } from "./group.ts";
import type { Preview } from "./model/model.ts";
import { pairsOf, reachOf } from "./pairs.ts";
import { readRecords } from "./records.ts";
import { makeBuilder } from "./sides/build.ts";
import { overlaysOf } from "./sides/overlays.ts";
import { baseSide, headSide } from "./sides/side.ts";

export interface PreviewOptions {
  readonly root: string;
  /** A Git ref: the work tree is compared with the merge base of HEAD and it. */
  readonly base: string;
  /** Folder of the cache; null for none. */
  readonly cache: string | null;
  /** Stands for the tools that build, in the keys of the cache. */
  readonly engine: string;
  /** Asked only when something has to be built. */
  readonly findKustomize: () => Promise<string>;
  readonly progress?: (done: number, of: number) => void;
}

/** What a change comes to in the clusters. Throws a ToolError where nothing can be compared. */
export async function preview(options: PreviewOptions): Promise<Preview> {
  const { root } = options;
  const found = findBase(root, options.base);
  if ("problem" in found) throw unknownBase(options.base, found.problem);
  const changed = changedSince(root, found.base);
  if ("problem" in changed) throw unknownBase(options.base, changed.problem);
  const tree = listTree(root, found.base, ["bases", "overlays", "tenants"]);
  if ("problem" in tree) throw unknownBase(options.base, tree.problem);
  const sides = { base: baseSide(root, tree), head: headSide(root, tree, changed.files) };
  const records = readRecords(options, sides, found.base);
  const overlays = { base: overlaysOf(sides.base), head: overlaysOf(sides.head) };
  const pairs = pairsOf(options, sides, overlays, changed.files, records.touched);
  using base = makeBuilder({ ...options, side: sides.base, root: null });
  using head = makeBuilder({ ...options, side: sides.head, root });
  const differences: Difference[] = [];
  const rings = new Map<string, string>();
  let done = 0;
  await inParallel(pairs, availableParallelism(), async (pair) => {
    const difference = await compareOne(pair, { base, head, root, planOf: records.planOf });
    if (difference.unit.ring !== null) rings.set(pair.folder, difference.unit.ring);
    if (!isNothing(difference)) differences.push(difference);
    options.progress?.(++done, pairs.length);
  });
  return {
    version: 1,
    base: { ref: options.base, commit: found.base },
    head: { commit: found.head, dirty: isDirty(root) },
    errors: [
      ...records.problems.map(({ code, file, line, message }) => ({
        code,
        where: `${file}:${line}`,
        text: message,
      })),
      ...releaseErrors(root, found.base),
    ],
    overlays: {
      all: overlays.head.size,
      compared: pairs.length,
      built: base.built + head.built,
      cached: base.cached + head.cached,
    },
    capacity: capacityOf(records.before, records.after),
    channels: channelMoves(records.before, records.after),
    reach: reachOf(changed.files, pairs, rings),
    groups: groupDifferences(differences),
  };
}

/** Frozen releases that are not what they were. */
function releaseErrors(root: string, base: string): Preview["errors"] {
  const { findings, report } = collector("releases", undefined);
  checkSeals(root, report);
  compareReleases(root, base, report);
  return findings.map(({ code, message }) => ({ code, where: null, text: message }));
}

/** Whether the work tree holds what no commit has. */
function isDirty(root: string): boolean {
  const status = gitList(root, ["status", "--porcelain", "-z"]);
  return "problem" in status || status.length > 0;
}
