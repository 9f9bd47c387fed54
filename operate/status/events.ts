import { EVENT_MILLISECONDS, MAX_EVENTS } from "../limits.ts";
import { KINDS } from "../kubernetes/kinds.ts";
import type { Reader } from "../kubernetes/reader.ts";
import { momentAt, textAt } from "../../tools/values.ts";
import { ARGOCD } from "./parts.ts";
import { told } from "./problems.ts";
import type { Problem } from "./shape.ts";

type Event = {
  kind: string;
  namespace: string;
  name: string;
  reason: string;
  message: string;
  at: number | undefined;
};

const eventOf = (object: unknown): Event => ({
  kind: textAt(object, "involvedObject", "kind") ?? "",
  namespace: textAt(object, "involvedObject", "namespace") ?? "",
  name: textAt(object, "involvedObject", "name") ?? "",
  reason: textAt(object, "reason") ?? "",
  message: textAt(object, "message") ?? "",
  at:
    momentAt(object, "lastTimestamp") ??
    momentAt(object, "eventTime") ??
    momentAt(object, "metadata", "creationTimestamp"),
});

/**
 * When each Application last went out of sync, by its name. Argo CD keeps no such moment in the Application: its
 * events have it, for the hour that the API server keeps them.
 */
export async function readOutOfSync(
  reader: Reader,
  application: string | undefined,
): Promise<Map<string, number>> {
  const fields = ["involvedObject.kind=Application", "reason=ResourceUpdated"];
  if (application !== undefined) fields.push(`involvedObject.name=${application}`);
  const selection = { namespace: ARGOCD, fields: fields.join(",") };
  const { items } = await reader.list(KINDS.events, selection, eventOf);
  const moments = new Map<string, number>();
  for (const { name, message, at } of items) {
    if (at === undefined || !/^Updated sync status: \S* -> OutOfSync/.test(message)) continue;
    moments.set(name, Math.max(at, moments.get(name) ?? at));
  }
  return moments;
}

/** Two writers met, and the one that lost tries again at once: this says nothing of how the object does. */
const HARMLESS = /the object has been modified; please apply your changes/;

/** Warnings of the last minutes in some namespaces, each once, the newest first. */
export async function readWarnings(
  reader: Reader,
  namespaces: readonly string[],
  now: number,
): Promise<Problem[]> {
  const lists = await Promise.all(
    namespaces.map((namespace) =>
      reader.list(KINDS.events, { namespace, fields: "type=Warning" }, eventOf),
    ),
  );
  const recent = lists
    .flatMap(({ items }) => items)
    .filter(({ at }) => at !== undefined && now - at < EVENT_MILLISECONDS)
    .filter(({ message }) => !HARMLESS.test(message))
    .toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0));
  const newest = new Map<string, Event>();
  for (const event of recent) {
    const key = `${event.name}/${event.reason}`;
    if (!newest.has(key)) newest.set(key, event);
  }
  return [...newest.values()]
    .slice(0, MAX_EVENTS)
    .map(({ kind, namespace, name, reason, message, at }) =>
      told("notice", `${kind} ${namespace}/${name}`, `${reason}: ${message}`, at),
    );
}
