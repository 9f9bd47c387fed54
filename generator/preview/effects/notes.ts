import { at, textAt } from "../../../tools/values.ts";
import { type ErrorCode, errorMessage, type ErrorValues } from "../../errors.ts";
import { type Manifest, nameOf, ofKind } from "../../manifests/manifest.ts";
import { formatBytes, quantity } from "../../record/quantity.ts";
import { pathText } from "../compare/fields.ts";
import type { Note } from "../model/model.ts";
import { refusedChanges } from "./immutable.ts";
import { restartNotes } from "./restarts.ts";
import { changedOf, type Compared } from "./unit.ts";

/** Everything that a change of one overlay does beside its objects: what is refused comes first. */
export function notesOf(compared: Compared): Note[] {
  const notes = [
    ...refusals(compared),
    ...shrinking(compared),
    ...removals(compared),
    ...states(compared),
    ...restartNotes(compared),
    ...selectors(compared),
  ];
  return LEVELS.flatMap((level) => notes.filter((note) => note.level === level));
}

const LEVELS = ["error", "alarm", "warning", "info"] as const;

function error<C extends ErrorCode>(code: C, values: ErrorValues<C>): Note {
  return { level: "error", code, text: errorMessage(code, values) };
}

function refusals(compared: Compared): Note[] {
  const kinds = [...new Set(compared.objects.map(({ kind }) => kind))];
  return changedOf(compared, ...kinds).flatMap(({ change, was }) =>
    refusedChanges(change, was.body).map(({ at: path }) =>
      error("preview-refused", { object: nameOf(was), field: pathText(path) }),
    ),
  );
}

/** Volume claims that shrink, which is refused, and those that grow. */
function shrinking(compared: Compared): Note[] {
  return changedOf(compared, "PersistentVolumeClaim").flatMap(({ was, is }): Note[] => {
    const [old, now] = [sizeOf(was), sizeOf(is)];
    if (old === undefined || now === undefined || old === now) return [];
    const [before, after] = [formatBytes(old), formatBytes(now)];
    if (now < old) return [error("preview-shrunk", { object: nameOf(is), before, after })];
    const text = `${nameOf(is)} grows from ${before} to ${after}, and never shrinks again`;
    return [{ level: "info", code: "volume-grows", text }];
  });
}

function sizeOf({ body }: Manifest): number | undefined {
  const size = textAt(body, "spec", "resources", "requests", "storage");
  return size === undefined ? undefined : quantity(size, "bytes");
}

const DATA = ["Namespace", "PersistentVolumeClaim", "StatefulSet"];

/** What holds data, or all the rest, and is in Git no more. */
function removals({ kind, change, before, objects }: Compared): Note[] {
  if (change === "removed" && kind === "tenant") {
    const text =
      "The overlay is gone. Nothing is deleted in the cluster: its Application stays, reports that its path is missing, and heals no drift any more; npm run offboard removes a tenant on purpose";
    return [{ level: "alarm", code: "overlay-removed", text }];
  }
  return objects.flatMap((object): Note[] => {
    if (object.change !== "removed" || !DATA.includes(object.kind)) return [];
    const was = before.find(
      (each) =>
        each.kind === object.kind &&
        each.name === object.name &&
        (each.namespace ?? null) === object.namespace,
    );
    if (was === undefined) return [];
    const options = textAt(was.body, "metadata", "annotations", "argocd.argoproj.io/sync-options");
    const asked = (options ?? "").split(",").map((option) => option.trim());
    const what = `${nameOf(was)} is in Git no more`;
    if (asked.includes("Prune=false")) {
      const text = `${what}, and stays in the cluster as it is (Prune=false)`;
      return [{ level: "warning", code: "left", text }];
    }
    if (asked.includes("Prune=confirm")) {
      const text = `${what}: Argo CD waits for a confirmation before it deletes it, and syncs nothing else meanwhile`;
      return [{ level: "alarm", code: "confirmed", text }];
    }
    const more = was.kind === "Namespace" ? ", with everything in it" : "";
    return [{ level: "alarm", code: "pruned", text: `${what}, and Argo CD DELETES it${more}` }];
  });
}

const STATES: Readonly<Record<string, string>> = {
  active: "it answers again",
  suspended: "nobody gets in, and nothing runs but Redis and the archive, which keep the data",
  retiring: "access is closed; what is there stays for the export until it is off-boarded",
};

/** Fields of a Namespace that say what is to become of a tenant. */
const FIELDS = [
  ["labels", "neurallog.dev/state", "state"],
  ["labels", "neurallog.dev/channel", "channel"],
  ["labels", "neurallog.dev/tier", "tier"],
  ["annotations", "neurallog.dev/retire-after", "retire date"],
] as const;

function states(compared: Compared): Note[] {
  const seen = new Set<string>();
  return changedOf(compared, "Namespace").flatMap(({ was, is }) =>
    FIELDS.flatMap(([part, key, words]): Note[] => {
      const [old, now] = [was, is].map(({ body }) => textAt(body, "metadata", part, key) ?? "none");
      if (old === undefined || now === undefined || old === now) return [];
      // Of the tenant as a whole, if its first namespace says the same.
      const change = `${words}: ${old} → ${now}`;
      if (seen.has(change)) return [];
      seen.add(change);
      const meaning = words === "state" && now in STATES ? `: ${STATES[now]}` : "";
      const level = words === "state" && now !== "active" ? "alarm" : "info";
      return [{ level, code: "moved", text: `${is.name}, ${change}${meaning}` }];
    }),
  );
}

/** Changes that are let through, and send requests elsewhere. */
function selectors(compared: Compared): Note[] {
  return changedOf(compared, "Service").flatMap(({ change, is }) =>
    change.fields.flatMap(({ at: [first, second] }): Note[] => {
      if (first !== "spec" || (second !== "selector" && second !== "type")) return [];
      const text =
        second === "selector"
          ? `${nameOf(is)} selects other pods from now on`
          : `${nameOf(is)} becomes a ${String(at(is.body, "spec", "type") ?? "ClusterIP")}`;
      return [{ level: "warning", code: `service-${second}`, text }];
    }),
  );
}

/** The channel that an overlay's Namespaces name. */
export function ringOf(objects: readonly Manifest[]): string | null {
  const [first] = ofKind(objects, "Namespace");
  return first?.labels["neurallog.dev/channel"] ?? null;
}
