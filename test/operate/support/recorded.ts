import { readFileSync } from "node:fs";
import { z } from "zod";
import { partsOf, type Parts } from "../../../operate/status/parts.ts";
import { NO_CLONE, type InGit } from "../../../operate/status/repository.ts";
import type { Status } from "../../../operate/status/shape.ts";
import { statusOf, type Surroundings } from "../../../operate/status/status.ts";

const objects = z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) }));
const recorded = z.object({
  applications: objects,
  applicationSets: objects,
  namespaces: objects,
  quotas: objects,
  deployments: objects,
  statefulSets: objects,
  autoscalers: objects,
  routes: objects,
  claims: objects,
  volumes: objects,
  pods: objects,
});

export type Recorded = z.infer<typeof recorded>;

/** When these objects were read off a real control plane with Argo CD and fake nodes. */
export const THEN = Date.parse("2026-11-21T23:09:00Z");

export const REVISION = "929ec6171bc54b031ac6ea36ae946594f304ef68";

const file = new URL("../status/recorded/acme.json", import.meta.url);

/**
 * The tenant acme as a real API server had it, with a Redis pod whose image cannot be pulled, and the Application of
 * hooli, whose folder in Git was removed. Each call gives copies to change.
 */
export const readRecorded = (): Recorded => recorded.parse(JSON.parse(readFileSync(file, "utf8")));

/** acme alone and well: the pod's trouble and the autoscaler's, as the plane had no metrics server, taken away. */
export function wellRecorded(): Recorded {
  const all = readRecorded();
  const [acme] = all.applications;
  if (acme === undefined) throw new Error("no Application was recorded");
  set(acme, ["status", "health", "status"], "Healthy");
  for (const pod of all.pods) {
    set(pod, ["status", "conditions"], [{ type: "Ready", status: "True" }]);
    set(pod, ["status", "containerStatuses"], []);
  }
  for (const each of all.statefulSets) set(each, ["status", "readyReplicas"], 1);
  for (const each of all.autoscalers) set(each, ["status", "conditions"], []);
  return { ...all, applications: [acme] };
}

export function partsWith(given: Partial<Record<keyof Parts, readonly unknown[]>>): Parts {
  const parts = partsOf(undefined);
  for (const [name, part] of Object.entries(parts)) {
    const list = Object.entries(given).find(([key]) => key === name)?.[1] ?? [];
    for (const object of list) part.apply({ type: "ADDED", object });
  }
  return parts;
}

const inGit: InGit = {
  followed: { ref: "refs/heads/verified", revision: REVISION, source: "a test" },
  records: new Set(["acme", "hooli"]),
  overlays: new Set(["acme"]),
  behind: (revision) => (revision === REVISION ? 0 : 3),
};

export const around = (more: Partial<Surroundings> = {}): Surroundings => ({
  context: "test",
  server: "https://192.0.2.1:6443",
  cluster: "home",
  inGit,
  now: THEN,
  outOfSync: new Map(),
  memory: () => ({ usedBytes: 41_943_040, maxBytes: 120_795_955, through: "a test" }),
  warnings: [],
  gaps: [],
  ...more,
});

export const withoutGit = (): Surroundings => around({ inGit: NO_CLONE });

export const statusFrom = (
  given: Partial<Record<keyof Parts, readonly unknown[]>>,
  more: Partial<Surroundings> = {},
): Status => statusOf(partsWith(given), around(more));

/** Sets a field of an object, whatever was there. */
export function set(object: object, path: readonly (string | number)[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    Reflect.set(object, key, value);
    return;
  }
  const inner: unknown = Reflect.get(object, key);
  if (typeof inner === "object" && inner !== null) set(inner, rest, value);
  else {
    const fresh = typeof rest[0] === "number" ? [] : {};
    Reflect.set(object, key, fresh);
    set(fresh, rest, value);
  }
}
