import { errorMessage } from "../errors.ts";
import { networkOf } from "../manifests/network.ts";
import type { Manifest } from "../manifests/manifest.ts";
import type { Plan } from "../plan/plan.ts";
import { compareBuilds } from "./compare/objects.ts";
import { compareFlows } from "./effects/flow-changes.ts";
import { notesOf, ringOf } from "./effects/notes.ts";
import { totalsOf } from "./effects/resources.ts";
import type { Difference } from "./group.ts";
import { driftOf, isUnreadable, judge } from "./judge.ts";
import type { Note } from "./model/model.ts";
import type { Pair } from "./pairs.ts";
import type { Builder } from "./sides/build.ts";
import type { Source } from "./sides/overlays.ts";

interface Workshop {
  readonly base: Builder;
  readonly head: Builder;
  readonly root: string;
  planOf(id: string): Plan | null;
}

/** Builds both sides of an overlay, and finds out what differs and what follows from it. */
export async function compareOne(pair: Pair, workshop: Workshop): Promise<Difference> {
  const { overlay } = pair;
  const notes: Note[] = [];
  const plan = overlay.kind === "tenant" ? workshop.planOf(overlay.id) : null;
  if (plan !== null) notes.push(...driftOf(workshop.root, plan));
  const change =
    pair.base === undefined ? "added" : pair.head === undefined ? "removed" : "changed";
  const { kind, cluster, id } = overlay;
  const name = { kind, cluster, id, change } as const;
  if (pair.base?.key === pair.head?.key) {
    const unit = { ...name, ring: plan?.channel ?? null, before: null, after: null };
    return { unit, objects: [], gained: [], lost: [], notes };
  }
  const [before, after] = [
    await objectsOf(pair.base, workshop.base),
    await objectsOf(pair.head, workshop.head),
  ];
  const failed = (words: string, reason: string): string =>
    errorMessage("build-failed", { folder: `${overlay.folder}, ${words},`, reason });
  if (typeof after === "string") {
    notes.push({ level: "error", code: "build-failed", text: failed("as it is now", after) });
  } else if (overlay.kind === "tenant" && pair.head !== undefined) {
    notes.push(...(tried(() => judge(plan, after), notes) ?? []));
  }
  // What is mended now must not be held up by what it was.
  if (typeof before === "string") {
    const text = `${failed("at the merge base", before)}. So nothing says what changes`;
    notes.push({ level: "alarm", code: "build-failed", text });
  }
  const totals = (side: Manifest[] | string, source: Source | undefined) =>
    source === undefined || typeof side === "string" ? null : tried(() => totalsOf(side), notes);
  const unit = {
    ...name,
    ring:
      ringOf(typeof after === "string" ? [] : after) ??
      ringOf(typeof before === "string" ? [] : before),
    before: totals(before, pair.base),
    after: totals(after, pair.head),
  } as const;
  // All of the other side would seem to be new, or gone.
  if (typeof before === "string" || typeof after === "string") {
    return { unit, objects: [], gained: [], lost: [], notes };
  }
  const objects = compareBuilds(before, after);
  const flows = tried(() => compareFlows(networkOf(before), networkOf(after)), notes);
  const compared = { kind: overlay.kind, change, before, after, objects } as const;
  notes.push(...(tried(() => notesOf(compared), notes) ?? []));
  return { unit, objects, gained: flows?.gained ?? [], lost: flows?.lost ?? [], notes };
}

/** What a side renders, or why nobody can tell; nothing where it has no such overlay. */
async function objectsOf(
  source: Source | undefined,
  builder: Builder,
): Promise<Manifest[] | string> {
  if (source === undefined) return [];
  const built = await builder.build(source);
  return "objects" in built ? built.objects : built.problem;
}

/** What a look at objects gives, or null and a note where they cannot be read. */
function tried<T>(look: () => T, notes: Note[]): T | null {
  try {
    return look();
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const text = `a part of it cannot be read: ${error.message}`;
    if (!notes.some((note) => note.text === text)) {
      notes.push({ level: "error", code: "build-unreadable", text });
    }
    return null;
  }
}

export const isNothing = ({ objects, gained, lost, notes }: Difference): boolean =>
  objects.length + gained.length + lost.length + notes.length === 0;
