import { at, textAt } from "../../../tools/values.ts";
import { type Manifest, nameOf } from "../../manifests/manifest.ts";
import type { Change, Note } from "../model/model.ts";
import { changedOf, type Compared } from "./unit.ts";

const WORKLOADS = ["Deployment", "StatefulSet", "DaemonSet"];

/** Which pods a change starts anew and how, and which keep an old value because nothing does. */
export function restartNotes(compared: Compared): Note[] {
  const changed = changedOf(compared, ...WORKLOADS);
  const restarted = new Set(
    changed.filter(({ change }) => change.fields.some(isTemplate)).map(({ is }) => nameOf(is)),
  );
  return [
    ...changed.flatMap(({ change, was, is }) => [
      ...(change.fields.some(isTemplate) ? [restart(is)] : []),
      ...scaling(was, is, compared.after),
    ]),
    ...readers(compared, restarted),
  ];
}

const isTemplate = ({ at: [first, second] }: Change): boolean =>
  first === "spec" && (second === "template" || second === undefined);

function restart(object: Manifest): Note {
  const name = nameOf(object);
  if (at(object.body, "spec", "replicas") === 0) {
    return { level: "info", code: "restart-none", text: `${name} changes; it has no pods` };
  }
  if (isStore(object, "redis")) return redisRestart(object);
  if (isStore(object, "archive")) return archiveRestart(object);
  const strategy = object.kind === "Deployment" ? "strategy" : "updateStrategy";
  const type = textAt(object.body, "spec", strategy, "type") ?? "RollingUpdate";
  if (type === "Recreate") {
    const text = `${name} restarts: every pod stops before a new one starts, so it does not answer meanwhile`;
    return { level: "warning", code: "restart-recreate", text };
  }
  if (type === "OnDelete") {
    const text = `${name}: its pods keep what they have until somebody deletes them (OnDelete)`;
    return { level: "warning", code: "restart-on-delete", text };
  }
  return { level: "warning", code: "restart-rolling", text: `${name} restarts, pod by pod` };
}

const isStore = ({ kind, name, labels }: Manifest, app: string): boolean =>
  kind === "StatefulSet" && (name === app || labels["app.kubernetes.io/name"] === app);

/** One server, one volume: nothing takes over while it is away. */
function redisRestart(object: Manifest): Note {
  const seconds = loadSeconds(object);
  const most = seconds === undefined ? "" : `, which may take ${seconds} s`;
  const text = `REDIS RESTARTS: ${nameOf(object)}. Until it has loaded its volume${most}, the log service takes nothing in and finds nothing`;
  return { level: "alarm", code: "restart-redis", text };
}

/** What is taken in waits in Redis meanwhile. */
function archiveRestart(object: Manifest): Note {
  const seconds = loadSeconds(object);
  const most = seconds === undefined ? "" : `, which may take ${seconds} s`;
  const text = `The archive restarts: ${nameOf(object)}. Until it is back${most}, questions are answered from Redis alone and say so; what comes in waits there`;
  return { level: "warning", code: "restart-archive", text };
}

/** How long the start-up probe of the server waits. */
function loadSeconds(object: Manifest): number | undefined {
  for (const node of nodesOf(at(object.body, "spec", "template", "spec", "containers"))) {
    const probe = at(node, "startupProbe");
    const [failures, period] = [at(probe, "failureThreshold"), at(probe, "periodSeconds")];
    if (typeof failures === "number") return failures * (typeof period === "number" ? period : 10);
  }
  return undefined;
}

function scaling(was: Manifest, is: Manifest, after: readonly Manifest[]): Note[] {
  const [old, now] = [at(was.body, "spec", "replicas"), at(is.body, "spec", "replicas")];
  if (old === now) return [];
  const scaled = after.some(
    ({ kind, namespace, body }) =>
      kind === "HorizontalPodAutoscaler" &&
      namespace === is.namespace &&
      textAt(body, "spec", "scaleTargetRef", "name") === is.name,
  );
  if (now === undefined && scaled) {
    const text = `${nameOf(is)}: replicas leaves Git for an autoscaler. Server-side apply sets it to 1 for a moment, unless the field has another owner before`;
    return [{ level: "warning", code: "replicas-dropped", text }];
  }
  const words = (value: unknown): string =>
    typeof value === "number" ? String(value) : "what an autoscaler says";
  const text = `${nameOf(is)} scales from ${words(old)} to ${words(now)}`;
  return [{ level: now === 0 ? "warning" : "info", code: "scaled", text }];
}

/** How a pod reads what a ConfigMap or a Secret holds. */
type Reading = "environment" | "volume" | "file";

function readers(compared: Compared, restarted: ReadonlySet<string>): Note[] {
  const sources = changedOf(compared, "ConfigMap", "Secret", "ExternalSecret");
  return sources.flatMap(({ change, is }) => {
    if (!change.fields.some(({ at: [first] }) => isContent(is.kind, first))) return [];
    return compared.after.flatMap((workload): Note[] => {
      if (!WORKLOADS.includes(workload.kind) || workload.namespace !== is.namespace) return [];
      const reading = readingOf(workload, is);
      const reader = nameOf(workload);
      if (reading === undefined || restarted.has(reader)) return [];
      if (at(workload.body, "spec", "replicas") === 0) return [];
      const text = `${nameOf(is)} changes, and ${reader} does not restart with it: ${KEPT[reading]}`;
      return [{ level: "warning", code: `not-restarted-${reading}`, text }];
    });
  });
}

const KEPT: Readonly<Record<Reading, string>> = {
  environment: "its pods keep the old values until they restart",
  file: "a file mounted by subPath keeps the old text until its pods restart",
  volume: "its files follow within two minutes; what the program read at its start stays",
};

const isContent = (kind: string, first: unknown): boolean =>
  kind === "ExternalSecret" ? first === "spec" : first === "data" || first === "binaryData";

function readingOf(workload: Manifest, source: Manifest): Reading | undefined {
  const isSecret = source.kind !== "ConfigMap";
  const made = textAt(source.body, "spec", "target", "name") ?? source.name;
  const pod = at(workload.body, "spec", "template", "spec");
  const volumes = new Set<string>();
  let found: Reading | undefined;
  for (const node of nodesOf(pod)) {
    const fields = isSecret ? ["secretRef", "secretKeyRef"] : ["configMapRef", "configMapKeyRef"];
    if (fields.some((field) => textAt(node, field, "name") === made)) return "environment";
    const named = isSecret
      ? (textAt(node, "secret", "secretName") ?? textAt(node, "secret", "name"))
      : textAt(node, "configMap", "name");
    if (named !== made) continue;
    found = "volume";
    const name = textAt(node, "name");
    if (name !== undefined) volumes.add(name);
  }
  for (const node of nodesOf(pod)) {
    const isMounted = volumes.has(textAt(node, "name") ?? "");
    if (isMounted && textAt(node, "subPath") !== undefined) return "file";
  }
  return found;
}

/** Every value below one that is an object or a list, that one first. */
function* nodesOf(value: unknown): Generator<object> {
  if (typeof value !== "object" || value === null) return;
  yield value;
  for (const inner of Object.values(value)) yield* nodesOf(inner);
}
