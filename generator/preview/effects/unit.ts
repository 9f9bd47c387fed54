import type { Manifest } from "../../manifests/manifest.ts";
import type { ObjectChange } from "../model/model.ts";

/** Both builds of one overlay, and what they differ in. */
export interface Compared {
  readonly kind: "tenant" | "platform";
  readonly change: "added" | "changed" | "removed";
  readonly before: readonly Manifest[];
  readonly after: readonly Manifest[];
  readonly objects: readonly ObjectChange[];
}

export type ChangedObject = Extract<ObjectChange, { change: "changed" }>;

/** Each changed object with its bodies on both sides. */
export function changedOf(
  { before, after, objects }: Compared,
  ...kinds: string[]
): { change: ChangedObject; was: Manifest; is: Manifest }[] {
  return objects.flatMap((change) => {
    if (change.change !== "changed" || !kinds.includes(change.kind)) return [];
    const same = (object: Manifest): boolean =>
      object.kind === change.kind &&
      object.name === change.name &&
      (object.namespace ?? null) === change.namespace;
    const [was, is] = [before.find(same), after.find(same)];
    return was === undefined || is === undefined ? [] : [{ change, was, is }];
  });
}
